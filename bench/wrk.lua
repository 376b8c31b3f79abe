-- Sends requests that bench has written to a file, each ended by a zero byte, one
-- after the other and again from the first. Each thread begins at a place of its
-- own. args: the file, the number of threads.

local threads = 0

function setup(thread)
  thread:set("place", threads)
  threads = threads + 1
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  all = {}
  for one in file:read("*a"):gmatch("([^%z]+)%z") do
    all[#all + 1] = one
  end
  file:close()
  at = math.floor(place * #all / tonumber(args[2]))
end

function request()
  at = at % #all + 1
  return all[at]
end

-- Times are in microseconds.
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("\nrollcall: %d requests, %d us, p50 %d us, p99 %d us, failed %d, refused %d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.timeout, e.status))
end
