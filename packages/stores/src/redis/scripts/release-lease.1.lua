#!lua flags=allow-oom
-- KEYS  1 lease (string)   ARGV  1 relay   returns  1 given back, 0 it was another's
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
return 1
