#!lua
-- One decision about a known key, made final: all in the client's shard, all or nothing.
--
-- KEYS  1 client (hash)   2 environment version   3 entry, by nonce or by event id
--       4 entry by event id (the same as 3 for a request without a nonce)   5 outbox (stream)
-- ARGV  1 client version   2 environment version   3 event id   4 verdict of the rules
--       5 requester's time, ms   6 tolerance, ms   7 event as JSON, without verdict and time
--       8, 9, 10 life of an entry, ms: after the requester's time, at least, at most
-- returns  "decided" verdict | "stale" subject version | "incomplete"

-- Redis does not roll back, so everything that could fail on a wrong type is read before the first write.
local answered = redis.call('GET', KEYS[3])
local client_version = redis.call('HGET', KEYS[1], 'v')
local environment_version = redis.call('GET', KEYS[2])
redis.call('XLEN', KEYS[5])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local event_id = ARGV[3]
local verdict = ARGV[4]

local function record_event()
  redis.call('XADD', KEYS[5], '*', 'e', ARGV[7], 'v', verdict, 't', string.format('%d', now))
end

if answered then
  local split = string.find(answered, '|', 1, true)
  if string.sub(answered, 1, split - 1) == event_id then
    return { 'decided', string.sub(answered, split + 1) }
  end
  -- Another request came with this nonce. Its own retry finds the entry by event id and is not counted again.
  verdict = 'REPLAYED'
  if redis.call('SET', KEYS[4], event_id .. '|' .. verdict, 'NX', 'PX', ARGV[9]) then
    record_event()
  end
  return { 'decided', verdict }
end

if not environment_version or not client_version then
  return { 'incomplete' }
end
if tonumber(environment_version) > tonumber(ARGV[2]) then
  return { 'stale', 'environment', environment_version }
end
if tonumber(client_version) > tonumber(ARGV[1]) then
  return { 'stale', 'client', client_version }
end

local requested = tonumber(ARGV[5])
if verdict == 'ALLOWED' and math.abs(now - requested) > tonumber(ARGV[6]) then
  verdict = 'STALE_REQUEST'
end

local life = math.min(math.max(requested + tonumber(ARGV[8]) - now, tonumber(ARGV[9])), tonumber(ARGV[10]))
redis.call('SET', KEYS[3], event_id .. '|' .. verdict, 'PX', string.format('%d', life))
record_event()
return { 'decided', verdict }
