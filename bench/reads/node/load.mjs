// Load with autocannon. The argument is JSON: the address, the connections, the seconds and the requests.
// Prints JSON: requests per second, percentiles of the latency in milliseconds, bytes, and failures.
import autocannon from "autocannon";

const { url, connections, seconds, requests } = JSON.parse(process.argv[2]);
const times = [];
let size = 0;
const running = autocannon({ url, connections, duration: seconds, requests, timeout: 60 });
// autocannon rounds the latencies of its own histogram to milliseconds.
running.on("response", (_client, _status, bytes, milliseconds) => {
  times.push(milliseconds);
  size = bytes;
});
const result = await running;
times.sort((one, other) => one - other);
const percentile = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? null;
console.log(
  JSON.stringify({
    requests_per_second: times.length / result.duration,
    p50: percentile(0.5),
    p95: percentile(0.95),
    size,
    failures: result.non2xx + result.errors,
  }),
);
