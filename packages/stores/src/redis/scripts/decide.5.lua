#!lua
-- One decision about a known key, made final: all in the client's shard, all or nothing.
--
-- KEYS  1 client (hash)   2 environment version   3 entry, by nonce or by event id
--       4 entry by event id (the same as 3 for a request without a nonce)   5 outbox (stream)
-- ARGV  1 client version   2 environment version   3 event id   4 verdict of the rules
--       5 requester's time, ms   6 tolerance, ms   7 event as JSON, without verdict and time
--       8, 9, 10 life of an entry, ms: after the requester's time, at least, at most   11 cost
--       12 the field of the key's totals in the client's hash
--       13..16 the key's limits for a second, minute, hour, day; 17..20 the client's for an hour, day, week, month;
--       an empty one is no limit
-- returns  "decided" verdict limits exceeded | "stale" subject version | "incomplete"
--       limits: subject:window:limit:remaining:reset seconds:window seconds, joined by commas
--       exceeded: subject:window:retry-after seconds, the last empty when waiting does not help; or nothing
--
-- Totals: the running total, then for each of four windows its start, its end (ms) and the total when it began.
-- packages/decision/src/limits.ts states the same rules.

-- Redis does not roll back. Of what is written below only HSET and XADD can fail, on a key of another type: the hash is
-- read before, and the event is the first write.
local kept = redis.call('MGET', KEYS[3], KEYS[2])
local answered, environment_version = kept[1], kept[2] and string.match(kept[2], '^%d+')
local client = redis.call('HMGET', KEYS[1], 'v', 't', ARGV[12])
local client_version = client[1]

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local event_id = ARGV[3]
local verdict = ARGV[4]

local function record_event()
  redis.call('XADD', KEYS[5], '*', 'e', ARGV[7], 'v', verdict, 't', string.format('%d', now))
end

if answered then
  local by, stored, limits, exceeded = string.match(answered, '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
  if by == event_id then
    return { 'decided', stored, limits, exceeded }
  end
  -- Another request came with this nonce. Its own retry finds the entry by event id and is not counted again.
  verdict = 'REPLAYED'
  if redis.call('EXISTS', KEYS[4]) == 0 then
    record_event()
    redis.call('SET', KEYS[4], event_id .. '|' .. verdict .. '||', 'PX', ARGV[9])
  end
  return { 'decided', verdict, '', '' }
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

-- Begins every window anew that has ended, or that a clock set far back has left in the future: by more than ten minutes,
-- or than the window is long. Seldom called, so what it needs is made in here.
local function begin_anew(totals, windows)
  local day = 86400000
  local lengths = { second = 1000, minute = 60000, hour = 3600000, day = day, week = 7 * day }

  -- Days from 1 January of year 1 to 1 January of that year.
  local function days_before(year)
    local past = year - 1
    return 365 * past + math.floor(past / 4) - math.floor(past / 100) + math.floor(past / 400)
  end

  local function month_at()
    local epoch = days_before(1970)
    local today = math.floor(now / day) + epoch
    local year = 1970 + math.floor(now / day / 365.2425)
    if days_before(year + 1) <= today then
      year = year + 1
    elseif days_before(year) > today then
      year = year - 1
    end
    local leap = days_before(year + 1) - days_before(year) - 365
    local first = days_before(year)
    for _, days in ipairs({ 31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }) do
      if today < first + days then
        return (first - epoch) * day, (first + days - epoch) * day
      end
      first = first + days
    end
  end

  local function window_at(name)
    if name == 'month' then
      return month_at()
    end
    local length = lengths[name]
    -- 1 January 1970 was a Thursday; ISO weeks begin on Monday.
    local origin = name == 'week' and -3 * day or 0
    local start = now - (now - origin) % length
    return start, start + length
  end

  for i = 1, 4 do
    local at = 3 * i - 1
    local start, ends = totals[at], totals[at + 1]
    if now >= ends or start - now > math.min(600000, ends - start) then
      totals[at], totals[at + 1] = window_at(windows[i])
      totals[at + 2] = totals[1]
    end
  end
end

local packed = 'ddddddddddddd'
local function totals_of(state, windows)
  local t = state and { struct.unpack(packed, state) } or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local latest_start, first_end = math.max(t[2], t[5], t[8], t[11]), math.min(t[3], t[6], t[9], t[12])
  if now < latest_start or now >= first_end then
    begin_anew(t, windows)
  end
  return t
end

-- Adds how the limited windows of a subject stand to `standings`; `at` is the place of its first limit in ARGV.
local function stand(standings, subject, windows, totals, at)
  for i = 1, 4 do
    if ARGV[at + i - 1] ~= '' then
      local limit = tonumber(ARGV[at + i - 1])
      local start, ends, base = totals[3 * i - 1], totals[3 * i], totals[3 * i + 1]
      standings[#standings + 1] = {
        name = subject .. ':' .. windows[i],
        limit = limit,
        remaining = math.max(0, limit - (totals[1] - base)),
        ends = ends,
        length = (ends - start) / 1000,
      }
    end
  end
end

local function seconds_until(ms)
  return string.format('%d', math.ceil((ms - now) / 1000))
end

local limits, exceeded = '', ''
local key_totals, client_totals
local cost = tonumber(ARGV[11])
if verdict == 'ALLOWED' then
  local key_windows, client_windows = { 'second', 'minute', 'hour', 'day' }, { 'hour', 'day', 'week', 'month' }
  key_totals, client_totals = totals_of(client[3], key_windows), totals_of(client[2], client_windows)
  local standings = {}
  stand(standings, 'key', key_windows, key_totals, 13)
  stand(standings, 'client', client_windows, client_totals, 17)

  local last, hopeless = nil, false
  for _, standing in ipairs(standings) do
    if cost > 0 and standing.remaining < cost then
      hopeless = hopeless or standing.limit < cost
      if not last or standing.ends > last.ends then
        last = standing
      end
    end
  end
  if last then
    verdict = 'RATE_LIMITED'
    exceeded = last.name .. ':' .. (hopeless and '' or seconds_until(last.ends))
    cost = 0
  end

  local statuses = {}
  for i, s in ipairs(standings) do
    local left = math.max(0, s.remaining - cost)
    statuses[i] = string.format('%s:%.0f:%.0f:%s:%d', s.name, s.limit, left, seconds_until(s.ends), s.length)
  end
  limits = table.concat(statuses, ',')
end

record_event()
if verdict == 'ALLOWED' and cost > 0 then
  key_totals[1] = key_totals[1] + cost
  client_totals[1] = client_totals[1] + cost
  local key_state = struct.pack(packed, unpack(key_totals, 1, 13))
  redis.call('HSET', KEYS[1], 't', struct.pack(packed, unpack(client_totals, 1, 13)), ARGV[12], key_state)
end
local life = math.min(math.max(requested + tonumber(ARGV[8]) - now, tonumber(ARGV[9])), tonumber(ARGV[10]))
local entry = event_id .. '|' .. verdict .. '|' .. limits .. '|' .. exceeded
redis.call('SET', KEYS[3], entry, 'PX', string.format('%d', life))
return { 'decided', verdict, limits, exceeded }
