#!lua flags=no-writes
-- KEYS  1 outbox (stream)   returns  entries, bytes of memory, age of the oldest entry by Redis' own clock, ms
-- All nodes of the stream are looked at: the first few, which would be taken for the average, are events, while those
-- behind them may be summaries, a hundred times as large.
local bytes = redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0) or 0
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
if not oldest then
  return { 0, bytes, 0 }
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local age = math.max(0, now - tonumber(string.match(oldest[1], '^%d+')))
return { redis.call('XLEN', KEYS[1]), bytes, age }
