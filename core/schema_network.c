/* schema_network.c: the rows of `network` written as a table. Data only, as in schema.c; spec_network.c has what a row
 * cannot say. */
#include <netinet/in.h>
#include "base/cleanup.h"
#include "spec_codec.h"

/* --- publish, rate --- */
static const struct lw_name protocol_words[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP } };
static const struct lw_names protocol_table = { protocol_words, ARRAY_LEN(protocol_words), NULL };
#define AT(member) offsetof(struct lw_publish, member)
static const struct lw_field publish_fields[] = {
	{ .key = "address",
	  .kind = LW_K_STRING,
	  .offset = AT(address),
	  .check = lw_check_address,
	  .def = "every one",
	  .help = "Address of the host it is reached at." },
	{ .key = "host",
	  .kind = LW_K_INT,
	  .offset = AT(host),
	  .min = 1,
	  .max = 65535,
	  .def = "`port`",
	  .help = "Port of the host." },
	{ .key = "port",
	  .kind = LW_K_INT,
	  .offset = AT(port),
	  .min = 1,
	  .max = 65535,
	  .def = "`host`",
	  .help = "Port inside." },
	{ .key = "count",
	  .kind = LW_K_INT,
	  .offset = AT(count),
	  .min = 1,
	  .max = LW_PUBLISH_MAX,
	  .def = "1",
	  .help = "So many ports from these two on." },
	{ .key = "protocol",
	  .kind = LW_K_ENUM,
	  .offset = AT(protocol),
	  .names = &protocol_table,
	  .def = "\"tcp\"",
	  .help = "Which protocol's." },
};
static int publish_defaults(struct lw_spec *s, void *rec, struct lw_err *err)
{
	struct lw_publish *p = rec;
	if (!p->count)
		p->count = 1;
	if (!p->protocol)
		p->protocol = IPPROTO_TCP;
	return lw_publish_finish(s, rec, err);
}
static const struct lw_schema publish_schema = { .name = "publish",
						 .size = sizeof(struct lw_publish),
						 .fields = publish_fields,
						 .n = ARRAY_LEN(publish_fields),
						 .finish = publish_defaults };
#undef AT
#define AT(member) offsetof(struct lw_rate, member)
#define RATE(word, text)                                                                                               \
	{                                                                                                              \
		.key = #word, .kind = LW_K_CUSTOM, .offset = AT(word), .read = lw_read_rate, .write = lw_write_rate,   \
		.form = "\"10mbit\"", .def = "no limit", .help = text                                                  \
	}
static const struct lw_field rate_fields[] = { RATE(egress, "What the sandbox sends, in bits each second."),
					       RATE(ingress, "What it is sent.") };
static const struct lw_schema rate_schema = {
	.name = "rate", .size = sizeof(struct lw_rate), .fields = rate_fields, .n = ARRAY_LEN(rate_fields)
};
#undef AT

/* --- network --- */
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
					    "it and removed with the last, unless `lunward network create` made "
					    "it; " ONLY_ONE },
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
	[LW_NETWORK_KEY_PUBLISH] = { .key = "publish",
				     .kind = LW_K_RECLIST,
				     .offset = AT(publish),
				     .rec = &publish_schema,
				     .from_text = lw_publish_from_text,
				     .max = 256,
				     .form = "a list of 8080, \"8080:80\", \"127.0.0.1:8443:443/tcp\", "
					     "\"8000-8010:9000-9010/udp\" or tables",
				     .def = "{}",
				     .help = "Ports of the host that lead to ports inside, as other tools have them: "
					     "[ADDRESS:]HOST:PORT[/PROTOCOL], an IPv6 address in brackets. The host "
					     "itself "
					     "reaches them on 127.0.0.1, too." },
	[LW_NETWORK_KEY_EGRESS] = { .key = "egress",
				    .kind = LW_K_CUSTOM,
				    .offset = AT(egress),
				    .names = &lw_egress_table,
				    .max = 256,
				    .read = lw_read_egress,
				    .write = lw_write_egress,
				    .form = "\"allow\", \"deny\" or a list of \"10.0.0.0/8:443/tcp\", "
					    "\"example.org:443\", \"*.example.org\"",
				    .def = "\"allow\"",
				    .help = "Where the sandbox may connect to: everywhere, nowhere, or to these. What "
					    "is "
					    "not "
					    "allowed covers the host and the others on the bridge as well; answers "
					    "pass. A "
					    "name is what lunward's resolver says it is, and no other name is "
					    "resolved." },
	[LW_NETWORK_KEY_RATE] = { .key = "rate",
				  .kind = LW_K_RECORD,
				  .offset = AT(rate),
				  .rec = &rate_schema,
				  .merge = LW_MERGE_MAP,
				  .form = "{ egress = \"10mbit\", ingress = \"50mbit\" }",
				  .def = "no limit",
				  .help = "How much may pass in each direction." },
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
				     .help = "On a bridge: whether nothing passes between this sandbox and its "
					     "neighbours." },
};
const struct lw_schema lw_network_schema = { .name = "network",
					     .size = sizeof(struct lw_network),
					     .fields = network_fields,
					     .n = ARRAY_LEN(network_fields),
					     .finish = lw_network_finish };
