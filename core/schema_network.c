/* schema_network.c: the rows of `network` written as a table. Data only, as in schema.c; spec_network.c has what a row
 * cannot say. */
#include "base/cleanup.h"
#include "spec_codec.h"

#define AT(member) offsetof(struct lw_network, member)
#define ONLY_ONE "not together with another of `bridge`, `macvlan`, `move`, `path` and `sandbox`."
static const struct lw_field network_fields[LW_NETWORK_KEY_COUNT] = {
	[LW_NETWORK_KEY_PATH] = { .key = "path",
				  .kind = LW_K_PATH,
				  .offset = AT(join.path),
				  .def = "none",
				  .help = "A network namespace that exists already, \"/run/netns/blue\", as it "
					  "is; " ONLY_ONE },
	[LW_NETWORK_KEY_SANDBOX] = { .key = "sandbox",
				     .kind = LW_K_STRING,
				     .offset = AT(join.sandbox),
				     .def = "none",
				     .help = "The network of a detached sandbox that runs, by name or id, with its "
					     "user "
					     "namespace; " ONLY_ONE },
	[LW_NETWORK_KEY_BRIDGE] = { .key = "bridge",
				    .kind = LW_K_STRING,
				    .offset = AT(bridge),
				    .check = lw_check_network_name,
				    .def = "\"lunward\"",
				    .help = "A named network: a bridge with subnets, made when the first sandbox needs "
					    "it and removed with the last, unless it was declared; " ONLY_ONE },
	[LW_NETWORK_KEY_MACVLAN] = { .key = "macvlan",
				     .kind = LW_K_STRING,
				     .offset = AT(macvlan),
				     .check = lw_check_interface,
				     .def = "none",
				     .help = "An interface of the host: the sandbox gets one of its own on it, with "
					     "its own "
					     "MAC address, in bridge mode; the host itself is not reached over "
					     "it; " ONLY_ONE },
	[LW_NETWORK_KEY_MOVE] = { .key = "move",
				  .kind = LW_K_STRING,
				  .offset = AT(move),
				  .check = lw_check_interface,
				  .def = "none",
				  .help = "An interface of the host that goes into the sandbox, and comes back when "
					  "the "
					  "sandbox ends; " ONLY_ONE },
	[LW_NETWORK_KEY_ADDRESS] = { .key = "address",
				     .kind = LW_K_CUSTOM,
				     .offset = AT(addresses),
				     .read = lw_read_network_address,
				     .write = lw_write_network_address,
				     .form = "\"auto\", \"10.88.0.5/24\", or a list with one of each family",
				     .def = "\"auto\"",
				     .help = "Addresses inside. \"auto\": on a bridge free ones of its subnets, "
					     "elsewhere "
					     "none. On a bridge that is not there yet a fixed one with a prefix says "
					     "what "
					     "its subnet is." },
	[LW_NETWORK_KEY_GATEWAY] = { .key = "gateway",
				     .kind = LW_K_CUSTOM,
				     .offset = AT(gateway),
				     .read = lw_read_network_gateway,
				     .write = lw_write_network_gateway,
				     .form = "\"auto\", \"none\" or an address",
				     .def = "\"auto\"",
				     .help = "Where what is not on the sandbox's own subnet is sent to. \"auto\": the "
					     "bridge; elsewhere none." },
	[LW_NETWORK_KEY_MAC] = { .key = "mac",
				 .kind = LW_K_STRING,
				 .offset = AT(mac),
				 .check = lw_check_mac,
				 .form = "\"02:42:0a:58:00:05\"",
				 .def = "made from the IPv4 address, else random",
				 .help = "MAC address of the interface inside." },
	[LW_NETWORK_KEY_MTU] = { .key = "mtu",
				 .kind = LW_K_INT,
				 .offset = AT(mtu),
				 .min = 68,
				 .max = 65535,
				 .def = "the network's, 1500; of an interface of the host, its own",
				 .help = "Largest packet of the interface; IPv6 needs 1280." },
	[LW_NETWORK_KEY_INTERFACE] = { .key = "interface",
				       .kind = LW_K_STRING,
				       .offset = AT(interface),
				       .check = lw_check_interface,
				       .def = "\"eth0\"",
				       .help = "Name of the interface inside." },
	[LW_NETWORK_KEY_DNS] = { .key = "dns",
				 .kind = LW_K_STRLIST,
				 .offset = AT(dns),
				 .max = 3,
				 .check = lw_check_address,
				 .form = "a list of addresses, at most three",
				 .def = "the host's file as it is",
				 .help = "Name servers, in /etc/resolv.conf inside." },
	[LW_NETWORK_KEY_HOSTS] = { .key = "hosts",
				   .kind = LW_K_PAIRS,
				   .offset = AT(hosts),
				   .merge = LW_MERGE_MAP,
				   .max = 256,
				   .check = lw_check_hostname,
				   .form = "{ [\"db.example\"] = \"10.88.0.7\", … }",
				   .def = "{}",
				   .help = "Further names and addresses in /etc/hosts inside." },
	[LW_NETWORK_KEY_ISOLATE] = { .key = "isolate",
				     .kind = LW_K_BOOL,
				     .offset = AT(isolate),
				     .def = "false",
				     .help = "On a bridge: whether nothing passes between this sandbox and others that "
					     "are "
					     "isolated." },
};
const struct lw_schema lw_network_schema = { .name = "network",
					     .size = sizeof(struct lw_network),
					     .fields = network_fields,
					     .n = ARRAY_LEN(network_fields),
					     .finish = lw_network_finish };
