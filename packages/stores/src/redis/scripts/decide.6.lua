#!lua
-- One decision about a known key, made final: all in the client's shard, all or nothing.
--
-- KEYS  1 client (hash)   2 environment version   3 entry, by nonce or by event id
--       4 entry by event id (the same as 3 for a request without a nonce)   5 outbox (stream)
--       6 totals of the key's rotation family
-- ARGV  1 client version   2 environment version   3 event id   4 verdict of the rules
--       5 requester's time, ms   6 tolerance, ms   7 event as JSON, without verdict and time
--       8, 9, 10 life of an entry, ms: after the requester's time, at least, at most   11 cost
--       12..15 the key's limits for a second, minute, hour, day; 16..19 the client's for an hour, day, week, month;
--       an empty one is no limit
-- returns  "decided" verdict limits exceeded | "stale" subject version | "incomplete"
--       limits: subject:window:limit:remaining:reset seconds:window seconds, joined by commas
--       exceeded: subject:window:retry-after seconds, the last empty when waiting does not help; or nothing
--
-- Totals: the running total, then for each of four windows its start, its end (ms) and the total when it began.
-- packages/decision/src/limits.ts states the same rules.

-- Redis does not roll back, so everything that could fail on a wrong type is read before the first write.
local answered = redis.call('GET', KEYS[3])
local client = redis.call('HMGET', KEYS[1], 'v', 't')
local client_version = client[1]
local environment_version = redis.call('GET', KEYS[2])
local key_totals = redis.call('GET', KEYS[6])
redis.call('XLEN', KEYS[5])

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
  if redis.call('SET', KEYS[4], event_id .. '|' .. verdict .. '||', 'NX', 'PX', ARGV[9]) then
    record_event()
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

local day = 86400000
local lengths = { second = 1000, minute = 60000, hour = 3600000, day = day, week = 7 * day }
local packed = string.rep('d', 13)

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

-- Begins every window anew that has ended, or that a clock set back has left in the future.
local function rolled(kept, windows)
  local totals = kept and { struct.unpack(packed, kept) } or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  for i, name in ipairs(windows) do
    local at = 3 * i - 1
    if now < totals[at] or now >= totals[at + 1] then
      totals[at], totals[at + 1] = window_at(name)
      totals[at + 2] = totals[1]
    end
  end
  return totals
end

local subjects = {
  { name = 'key', windows = { 'second', 'minute', 'hour', 'day' }, kept = key_totals, limits_at = 11 },
  { name = 'client', windows = { 'hour', 'day', 'week', 'month' }, kept = client[2], limits_at = 15 },
}

local limits, exceeded = '', ''
if verdict == 'ALLOWED' then
  local cost = tonumber(ARGV[11])
  local standings, last, hopeless = {}, nil, false
  for _, subject in ipairs(subjects) do
    subject.totals = rolled(subject.kept, subject.windows)
    for i, window in ipairs(subject.windows) do
      local limit = tonumber(ARGV[subject.limits_at + i])
      if limit then
        local at = 3 * i - 1
        local ends = subject.totals[at + 1]
        local standing = {
          name = subject.name .. ':' .. window,
          limit = limit,
          remaining = math.max(0, limit - (subject.totals[1] - subject.totals[at + 2])),
          ends = ends,
          reset = math.ceil((ends - now) / 1000),
          length = (ends - subject.totals[at]) / 1000,
        }
        standings[#standings + 1] = standing
        if cost > 0 and standing.remaining < cost then
          hopeless = hopeless or limit < cost
          if not last or ends > last.ends then
            last = standing
          end
        end
      end
    end
  end

  local spent = cost
  if last then
    verdict = 'RATE_LIMITED'
    exceeded = last.name .. ':' .. (hopeless and '' or string.format('%d', last.reset))
    spent = 0
  end
  local statuses = {}
  for i, s in ipairs(standings) do
    local remaining = math.max(0, s.remaining - spent)
    statuses[i] = string.format('%s:%.0f:%.0f:%d:%d', s.name, s.limit, remaining, s.reset, s.length)
  end
  limits = table.concat(statuses, ',')
  if spent > 0 then
    for _, subject in ipairs(subjects) do
      subject.totals[1] = subject.totals[1] + spent
      subject.state = struct.pack(packed, unpack(subject.totals, 1, 13))
    end
    redis.call('SET', KEYS[6], subjects[1].state)
    redis.call('HSET', KEYS[1], 't', subjects[2].state)
  end
end

local life = math.min(math.max(requested + tonumber(ARGV[8]) - now, tonumber(ARGV[9])), tonumber(ARGV[10]))
local entry = event_id .. '|' .. verdict .. '|' .. limits .. '|' .. exceeded
redis.call('SET', KEYS[3], entry, 'PX', string.format('%d', life))
record_event()
return { 'decided', verdict, limits, exceeded }
