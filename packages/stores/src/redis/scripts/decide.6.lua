#!lua
-- One decision about a known key, made final: all in the client's shard, all or nothing.
--
-- KEYS  1 client (hash)   2 environment version   3 entry, by nonce or by event id
--       4 entry by event id (the same as 3 for a request without a nonce)   5 outbox (stream)
--       6 the shard's budget of the environment's cap
-- ARGV  1 client version, 0 when nobody registered the client yet   2 environment version   3 event id   4 verdict of the rules
--       5 requester's time, ms   6 tolerance, ms   7 event as JSON, without verdict and time
--       8, 9, 10 life of an entry, ms: after the requester's time, at least, at most   11 cost
--       12 the field of the key's totals in the client's hash, or nothing when none are kept: the key has no limits then
--       13..16 the key's limits for a second, minute, hour, day; 17..20 the client's for an hour, day, week, month;
--       an empty one is no limit
--       21 the environment's cap: nothing when it has none, or `ask`; or what grant.2.lua answered to the question:
--       `granted|amount|until ms|generation|ms of the grant` or `exceeded|window|end ms|1 if waiting is hopeless`
--       22 do nothing after this time, ms: the caller has given up; or nothing
--       23 the field of the key's uses in the client's hash, or nothing when they are neither counted nor told
--       24 whether an admission counts as a use, 25 whether the uses are told: 1, or nothing
-- returns  "decided" time verdict limits exceeded kept uses | "stale" time subject version | "incomplete" time | "late" time
--       | "predates" time: whether the request came before the shard was lost cannot be told
--       | "grant" time unspent generation, time of grant: ask grant.2.lua, giving back what is unspent, and come again
--       limits: subject:window:limit:remaining:reset seconds:window seconds, joined by commas
--       exceeded: subject:window:retry-after seconds, the last empty when waiting does not help; or nothing
--       kept: 1 when a grant that was brought is spent or in the shard's budget; after any other answer it is to be given back
--       uses: count|time of the last, ms (0: there was none), after the decision; nothing when they are not told or not known
--       time: Redis' own, ms
--
-- packages/decision/src/limits.ts and environment-cap.ts state the same rules.
--- include limits

-- Redis does not roll back. Of what is written below only HSET and XADD can fail, on a key of another type: the hash is
-- read before, and the event is the first write.
local kept = redis.call('MGET', KEYS[3], KEYS[2])
local answered, environment_version = kept[1], kept[2]
local client = redis.call('HMGET', KEYS[1], 'v', 't', ARGV[12], 's', ARGV[23])
local client_version, is_unseeded = client[1], client[4]

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local now_text = string.format('%d', now)
if ARGV[22] ~= '' and now > tonumber(ARGV[22]) then
  return { 'late', now_text }
end
local event_id = ARGV[3]
local verdict = ARGV[4]

local function record_event()
  redis.call('XADD', KEYS[5], '*', 'e', ARGV[7], 'v', verdict, 't', now_text)
end

if answered then
  local by, stored, limits, exceeded, uses = string.match(answered, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|?(.*)$')
  if by == event_id then
    return { 'decided', now_text, stored, limits, exceeded, '', uses }
  end
  -- Another request came with this nonce. Its own retry finds the entry by event id and is not counted again; for it to be
  -- refused, no newer environment may be out, which could allow it.
  verdict = 'REPLAYED'
  if redis.call('EXISTS', KEYS[4]) == 0 then
    local current = string.match(environment_version or '0', '^%d+')
    if tonumber(current) > tonumber(ARGV[2]) then
      return { 'stale', now_text, 'environment', current }
    end
    record_event()
    redis.call('SET', KEYS[4], event_id .. '|' .. verdict .. '||', 'PX', ARGV[9])
  end
  return { 'decided', now_text, verdict, '', '' }
end

if not client_version and ARGV[1] == '0' then
  client_version = 0
end
if not environment_version or not client_version then
  return { 'incomplete', now_text }
end
local version, requested = tonumber(environment_version), tonumber(ARGV[5])
local since
if not version then
  version, since = string.match(environment_version, '^(%d+)|(%d+)$')
  version = tonumber(version)
end
if version > tonumber(ARGV[2]) then
  return { 'stale', now_text, 'environment', string.format('%d', version) }
end
if tonumber(client_version) > tonumber(ARGV[1]) then
  return { 'stale', now_text, 'client', client_version }
end
if since and KEYS[3] ~= KEYS[4] and requested < tonumber(since) then
  -- The shard was emptied, and written anew since that time: the entries of older requests may be lost.
  return { 'predates', now_text }
end

if verdict == 'ALLOWED' and math.abs(now - requested) > tonumber(ARGV[6]) then
  verdict = 'STALE_REQUEST'
end

local function seconds_until(ms)
  return string.format('%d', math.ceil((ms - now) / 1000))
end

-- The environment's cap, and the shard's budget of it. A budget reads `left|until|generation|time of grant||version`. That
-- there was none to be had is remembered for a second, as `none|until|window|refused cost|end of the window|version`, the
-- end empty when waiting is hopeless.
local cap, cap_a, cap_b, cap_c, cap_d
if ARGV[21] ~= '' then
  cap, cap_a, cap_b, cap_c, cap_d = string.match(ARGV[21], '^(%a+)|?([^|]*)|?([^|]*)|?([^|]*)|?([^|]*)$')
end

local function budget_of(state)
  if not state then
    return {}
  end
  local left, ends, third, fourth, fifth, made_for =
    string.match(state, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
  return {
    left = left,
    unspent = tonumber(left),
    lives = made_for == ARGV[2] and now < tonumber(ends),
    ends = ends,
    third = third,
    fourth = fourth,
    fifth = fifth,
  }
end

-- What the cap says to a cost that key and client admit: whether it must be asked for, what to answer then, which window
-- is exceeded, and the budget to keep.
local function spend_budget(cost)
  local budget = budget_of(redis.call('GET', KEYS[6]))
  local unspent = budget.lives and budget.unspent
  if cap ~= 'ask' and now >= tonumber(cap_b) then
    -- The window has ended since that was answered; a grant counts in it, and goes back.
    local amount = cap == 'granted' and cap_a or '0'
    return { 'grant', now_text, amount, cap_c, cap_d }
  end
  if cap == 'granted' then
    -- What is kept together ends with its first part, and counts as granted with it: given back later, it frees the less.
    local ends = unspent and tonumber(budget.ends) < tonumber(cap_b) and budget.ends or cap_b
    local rest = tonumber(cap_a) + (unspent or 0) - cost
    return nil, nil, string.format('%.0f|%s|%s|%s||%s', rest, ends, cap_c, unspent and budget.fourth or cap_d, ARGV[2])
  end
  if cap == 'exceeded' then
    local ends = cap_c == '' and cap_b or ''
    local retry_after = ends ~= '' and seconds_until(tonumber(ends)) or ''
    local life = string.format('%.0f', math.min(tonumber(cap_b), now + 1000))
    local keep = not (unspent and unspent > 0)
      and string.format('none|%s|%s|%.0f|%s|%s', life, cap_a, cost, ends, ARGV[2])
    return nil, 'environment:' .. cap_a .. ':' .. retry_after, keep
  end
  if unspent and unspent >= cost then
    local left = unspent - cost
    return nil, nil, string.format('%.0f|%s|%s|%s||%s', left, budget.ends, budget.third, budget.fourth, ARGV[2])
  end
  if budget.lives and not budget.unspent and cost >= tonumber(budget.fourth) then
    local retry_after = budget.fifth ~= '' and seconds_until(tonumber(budget.fifth)) or ''
    return nil, 'environment:' .. budget.third .. ':' .. retry_after
  end
  if budget.left and not budget.lives then
    redis.call('DEL', KEYS[6])
    if budget.unspent then
      return { 'grant', now_text, budget.left, budget.third, budget.fourth }
    end
  end
  return { 'grant', now_text, '0', '', '0' }
end

local limits, exceeded = '', ''
local key_totals, client_totals, budget
local cost = tonumber(ARGV[11])
if verdict == 'ALLOWED' then
  local key_windows, client_windows = { 'second', 'minute', 'hour', 'day' }, { 'hour', 'day', 'week', 'month' }
  client_totals = totals_of(client[2], client_windows, now)
  local standings = {}
  if ARGV[12] ~= '' then
    key_totals = totals_of(client[3], key_windows, now)
    stand(standings, 'key', key_windows, key_totals, 13)
  end
  stand(standings, 'client', client_windows, client_totals, 17)
  if is_unseeded and #standings > 0 then
    return { 'incomplete', now_text }
  end

  local last, hopeless = exceeded_by(standings, cost)
  if last then
    exceeded = last.name .. ':' .. (hopeless and '' or seconds_until(last.ends))
  elseif cap and cost > 0 then
    local question, over
    question, over, budget = spend_budget(cost)
    if question then
      return question
    end
    exceeded = over or ''
  end
  if exceeded ~= '' then
    verdict = 'RATE_LIMITED'
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
local changes = {}
if verdict == 'ALLOWED' and cost > 0 and not is_unseeded then
  client_totals[1] = client_totals[1] + cost
  changes = { 't', pack_totals(client_totals) }
  if key_totals then
    key_totals[1] = key_totals[1] + cost
    changes[3], changes[4] = ARGV[12], pack_totals(key_totals)
  end
end
local uses = ''
if ARGV[23] ~= '' then
  local since, last, before = 0, 0, 0
  if client[5] then
    since, last, before = struct.unpack('ddd', client[5])
  end
  if verdict == 'ALLOWED' and ARGV[24] == '1' then
    since, last = since + 1, math.max(last, now)
    changes[#changes + 1] = ARGV[23]
    changes[#changes + 1] = struct.pack('ddd', since, last, before)
  end
  if ARGV[25] == '1' and not is_unseeded then
    uses = string.format('%.0f|%.0f', since + before, last)
  end
end
if #changes > 0 then
  redis.call('HSET', KEYS[1], unpack(changes))
end
if budget then
  redis.call('SET', KEYS[6], budget)
end
local is_kept = budget and cap == 'granted' and '1' or ''
local life = math.min(math.max(requested + tonumber(ARGV[8]) - now, tonumber(ARGV[9])), tonumber(ARGV[10]))
local entry = event_id .. '|' .. verdict .. '|' .. limits .. '|' .. exceeded
if uses ~= '' then
  entry = entry .. '|' .. uses
end
redis.call('SET', KEYS[3], entry, 'PX', string.format('%d', life))
return { 'decided', now_text, verdict, limits, exceeded, is_kept, uses }
