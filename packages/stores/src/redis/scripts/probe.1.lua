#!lua
-- Could decide.6.lua run in this shard? Like that script it is not declared as one that only reads, so that Redis refuses
-- it for the same reasons: a replica, no memory, too few replicas, a save that fails.
--
-- KEYS  1 the mark of a complete projection
-- returns  1 when the projection is complete, else 0
return redis.call('EXISTS', KEYS[1])
