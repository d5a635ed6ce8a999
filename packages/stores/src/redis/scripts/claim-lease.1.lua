#!lua flags=allow-oom
-- A relay works on where memory is full: it is what makes room.
-- Takes a lease that is free, or renews one's own.
-- KEYS  1 lease (string)   ARGV  1 relay   2 life, ms   returns  1 held, 0 another's
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
