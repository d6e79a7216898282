// http.js PORT - greetings and echoes over HTTP; with WORKERS in the environment, a cluster of so many.
const cluster = require('cluster');
const crypto = require('crypto');
const http = require('http');
const fs = require('fs');
const port = +process.argv[2], workers = +process.env.WORKERS || 0;

function serve() {
  http.createServer((request, response) => {
    const [, what, size] = request.url.split('/');
    if (what === 'large') {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
      response.end(Buffer.alloc(+size, 'ringback '));
    } else if (what === 'echo') {
      request.pipe(response);
    } else if (what === 'sum') {
      const sum = crypto.createHash('sha256');
      request.on('data', (data) => sum.update(data));
      request.on('end', () => response.end(sum.digest('hex') + '\n'));
    } else if (what === 'file') {
      fs.createReadStream(process.execPath).pipe(response);
    } else if (what === 'quit') {
      response.end('worker leaves\n', () => process.exit(0));
    } else {
      response.end('Hello, world!\n');
    }
  }).listen(port, '127.0.0.1');
}

if (workers && cluster.isPrimary) {
  for (let i = 0; i < workers; i++) cluster.fork();
  cluster.on('exit', (worker, code) => { if (!leaving) cluster.fork(); });
  let leaving = false;
  process.on('SIGTERM', () => { leaving = true; cluster.disconnect(() => process.exit(0)); });
} else {
  serve();
}
