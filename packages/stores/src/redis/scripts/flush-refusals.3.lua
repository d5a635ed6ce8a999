#!lua flags=allow-oom
-- Moves the counts of minutes into one entry of the outbox. Minutes are those of Redis' own clock, here and
-- where refusals are counted; what is counted for a minute after it was flushed goes with the next. A shard that was emptied and
-- has no name yet keeps its counts: an entry without the name of its outbox would be accounted for nowhere.
-- KEYS  1 refusals (hash)   2 outbox (stream)   3 incarnation (string)
-- ARGV  1 id of the summary   2 its type   3 how many counts it may hold
--       4 1: of all minutes, or nothing: of those that are over   returns  how many it holds, 0: no summary was made
if redis.call('EXISTS', KEYS[3]) == 0 then
  return 0
end
local minute = math.floor(redis.call('TIME')[1] / 60)
local present = ARGV[4] == '1'
local most = tonumber(ARGV[3])
local fields, counts, seen = {}, {}, {}
local cursor = '0'
repeat
  local page = redis.call('HSCAN', KEYS[1], cursor, 'COUNT', 1000)
  cursor = page[1]
  for i = 1, #page[2], 2 do
    local field = page[2][i]
    local of, environment, code = string.match(field, '^(%d+)|([^|]*)|([A-Z_]+)$')
    if of and (present or tonumber(of) < minute) and #fields < most and not seen[field] then
      seen[field] = true -- HSCAN may answer one twice
      fields[#fields + 1] = field
      counts[#counts + 1] = string.format(
        '{"minuteMs":%.0f,"environmentId":"%s","code":"%s","count":%s}',
        of * 60000, environment, code, page[2][i + 1])
    end
  end
until cursor == '0' or #fields >= most
if #fields == 0 then
  return 0
end
local summary = '{"id":"' .. ARGV[1] .. '","counts":[' .. table.concat(counts, ',') .. ']}'
redis.call('XADD', KEYS[2], '*', 'y', ARGV[2], 's', summary)
redis.call('HDEL', KEYS[1], unpack(fields))
return #fields
