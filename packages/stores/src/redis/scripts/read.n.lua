#!lua flags=allow-oom
-- Reads strings of one shard. It has no flag `no-writes`, so that a process which follows another one refuses it: what is
-- not there may only not have come yet.
-- KEYS  as many as are to be read   returns  their values
return redis.call('MGET', unpack(KEYS))
