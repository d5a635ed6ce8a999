#!lua flags=no-writes
-- What a shard's outbox took in and gave away, all of one moment.
-- KEYS  1 incarnation (string)   2 outbox (stream)   3 counters of the outbox (hash)
-- returns  incarnation, added, waiting, collapsed, events collapsed, buried
local added, waiting = 0, 0
if redis.call('EXISTS', KEYS[2]) == 1 then
  local stream = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #stream, 2 do
    if stream[i] == 'entries-added' then
      added = stream[i + 1]
    elseif stream[i] == 'length' then
      waiting = stream[i + 1]
    end
  end
end
local counters = redis.call('HMGET', KEYS[3], 'collapsed', 'eventsCollapsed', 'buried')
local incarnation = redis.call('GET', KEYS[1]) or ''
return { incarnation, added, waiting, counters[1] or '0', counters[2] or '0', counters[3] or '0' }
