-- echo.lua PORT - an echo server for TCP at PORT, UDP at PORT and a unix socket; a child process at each 'child' line.
local uv = require('luv')
local port, path = tonumber(arg[1]), arg[2]

local function serve(server)
  server:listen(128, function(err)
    assert(not err, err)
    local client = server.getsockname and path and tostring(server):find('pipe') and uv.new_pipe(false) or uv.new_tcp()
    server:accept(client)
    client:read_start(function(problem, data)
      if problem then
        client:close()
      elseif data == 'child\n' then
        local out = uv.new_pipe(false)
        uv.spawn('seq', { args = { '1', '1000' }, stdio = { nil, out } }, function(code) client:write('status ' .. code .. '\n') end)
        out:read_start(function(_, text) if text then client:write(text) else out:close() end end)
      elseif data then
        client:write(data)
      else
        client:shutdown(function() client:close() end)
      end
    end)
  end)
end

local tcp, pipe, udp = uv.new_tcp(), uv.new_pipe(false), uv.new_udp()
tcp:bind('127.0.0.1', port)
serve(tcp)
pipe:bind(path)
serve(pipe)
udp:bind('127.0.0.1', port)
udp:recv_start(function(_, data, from) if data then udp:send(data, from.ip, from.port, function() end) end end)
local signal = uv.new_signal()
signal:start('sigterm', function() uv.stop() end)
local idle = uv.new_timer()
idle:start(10, 10, function() end)
uv.run()
