#!lua
-- Writes `version|json` unless what is there is as new or newer.
-- KEYS  1 record (string)   ARGV  1 version   2 json   returns  1 written, 0 kept
local kept = redis.call('GET', KEYS[1])
if kept and tonumber(string.match(kept, '^%d+')) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1] .. '|' .. ARGV[2])
return 1
