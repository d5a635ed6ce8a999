#!lua flags=no-writes
-- The oldest entries from a position on, until they are as many or as large as asked for; at least one, if there is one.
-- KEYS  1 counters of the outbox (hash)   2 incarnation (string)   3 outbox (stream)
-- ARGV  1 the first position, as XRANGE takes it   2 how many entries, from 1 on   3 how many bytes
-- returns  how many entries had given way to summaries, incarnation, entries as XRANGE answers them
local from, limit, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local entries, bytes, size = {}, 0, 1
repeat
  size = math.min(size, limit - #entries)
  local page = redis.call('XRANGE', KEYS[3], from, '+', 'COUNT', size)
  for _, entry in ipairs(page) do
    if bytes >= room then
      break
    end
    entries[#entries + 1] = entry
    for _, word in ipairs(entry[2]) do
      bytes = bytes + #word
    end
  end
  local is_done = #page < size or #entries >= limit or bytes >= room
  if not is_done then
    from = '(' .. page[size][1]
    -- As many as there is room for, if they are like those so far.
    size = math.max(1, math.min(100, math.floor((room - bytes) * #entries / bytes)))
  end
until is_done
return { redis.call('HGET', KEYS[1], 'collapsed') or '0', redis.call('GET', KEYS[2]) or '', entries }
