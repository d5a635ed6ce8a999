#!lua flags=no-writes
-- Does the shard hold the whole projection, and was that said of this very process? One that took over from another, or
-- started with what it had saved, may hold an older state.
-- KEYS  1 mark (string)   2 confirmed run (string)   returns  1 yes, 0 no
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('GET', KEYS[2]) == run then
  return 1
end
return 0
