-- nginx.lua: a web server that shows one directory, read-only, and can do nothing else.
--
--   lunward start --set dir=/srv/www nginx                      # http://127.0.0.1:8080/
--   lunward start --set dir=/srv/www --set address=0.0.0.0:80 nginx
--   lunward start --set dir=/srv/www --set config=site.conf nginx
--
-- The socket is opened outside and handed in, so that nginx needs no network, no low port and no capability; its own
-- network is a loopback interface, on which it answers whoever asks for its health. `config` is a file with server
-- blocks; they say `listen ADDRESS;` with the very address given here.

local dir     = param("dir")
local address = param("address", "127.0.0.1:8080")
local config  = param("config", "")

local function here(path)               -- a relative source would start beside this file
  return path:sub(1, 1) == "/" and path or host.cwd .. "/" .. path
end

-- Without root the only id inside is the caller's, called root: nginx is told not to become anybody else.
local main = (host.uid == 0 and "" or "user root root;\n") .. [[
daemon off;
worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  server_tokens off;
  sendfile on;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server { listen 127.0.0.1:8081; location / { return 204; } }
  include /run/site.conf;
}
]]
local site = "server { listen " .. address .. "; root /www; }\n"

return sandbox {
  inherits     = "service",

  command      = { "/usr/sbin/nginx", "-c", "/run/nginx.conf", "-e", "stderr" },
  user         = host.uid == 0 and "www-data" or "root",
  env          = { NGINX = "3;" },      -- the descriptor it is handed
  mounts       = {
    bind { source = here(dir), destination = "/www", exec = false },
    file { destination = "/run/nginx.conf", data = main },
    config == "" and file { destination = "/run/site.conf", data = site }
      or bind { source = here(config), destination = "/run/site.conf", exec = false },
  },

  capabilities = caps.none,
  limits       = { pids = 64, memory = param("memory", "256M") },

  service      = {
    listen      = { address },
    ready       = { tcp = 8081 },
    health      = { tcp = 8081 },
    restart     = "on-failure",
    stop_signal = "QUIT",               -- requests that are being answered are finished
  },
}
