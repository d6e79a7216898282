" Jobs, channels, timers, sockets and system() of a headless Neovim; what it prints is checked.
function! Say(text)
  call writefile([a:text], $OUT, 'a')
endfunction
call Say(system('tr a-z A-Z', 'through a pipe'))
call Say(len(system('seq 1 200000')) . ' bytes from seq')
let g:job_out = []
let job = jobstart(['cat'], {'on_stdout': {id, data, event -> extend(g:job_out, data)}})
for i in range(1, 2000)
  call chansend(job, 'line ' . i . "\n")
endfor
call chanclose(job, 'stdin')
call Say('job ended with ' . jobwait([job], 20000)[0])
call wait(5000, {-> len(g:job_out) > 2000})
call Say(len(filter(copy(g:job_out), {_, line -> line =~# '^line [0-9]\+$'})) . ' lines, the last ' . g:job_out[-2])
let g:ticks = 0
call timer_start(5, {-> execute('let g:ticks += 1')}, {'repeat': 20})
call Say('ticks ' . (wait(5000, {-> g:ticks == 20}) == 0 ? g:ticks : 'missing'))
call serverstart($SOCKET)
let child = jobstart([v:progpath, '--headless', '-u', 'NONE', '--embed'], {'rpc': v:true})
call Say('a child computes ' . rpcrequest(child, 'nvim_eval', 'range(1, 5)->map("v:val * v:val")')->string())
call Say('a large answer has ' . len(rpcrequest(child, 'nvim_eval', 'repeat("x", 1000000)')))
call jobstop(child)
let self = sockconnect('pipe', $SOCKET, {'rpc': v:true})
call chanclose(self)
let term = termopen(['sh', '-c', 'printf "in a terminal\n"'])
call jobwait([term], 5000)
call wait(5000, {-> getline(1) =~# 'terminal'})
call Say(getline(1))
lua << LUA
local uv, got, done = vim.loop, 0, false
local server = uv.new_tcp()
server:bind('127.0.0.1', 0)
server:listen(8, function()
  local client = uv.new_tcp()
  server:accept(client)
  client:read_start(function(_, data)
    if data then client:write(data) else client:shutdown(function() client:close() end) end
  end)
end)
local client = uv.new_tcp()
client:connect('127.0.0.1', server:getsockname().port, function()
  client:read_start(function(_, data)
    if data then got = got + #data else client:close() server:close() done = true end
  end)
  for i = 1, 50 do client:write(string.rep('y', 20000)) end
  client:shutdown()
end)
vim.wait(10000, function() return done end)
vim.fn.Say('echoed ' .. got)
LUA
if !empty($STAT_BY)
  call system('env -u LD_PRELOAD "$STAT_BY" stat --json ' . getpid() . ' >"$STAT_TO"')
endif
qall!
