-- Limits over calendar windows, as packages/decision/src/limits.ts states them; `now` is Unix ms.
--
-- Totals: the running total, then for each of a subject's four windows its start, its end (ms) and the total when it
-- began; packed as thirteen doubles.
local packed_totals = 'ddddddddddddd'

-- Begins every window anew that has ended, or that a clock set far back has left in the future: by more than ten minutes,
-- or than the window is long. Seldom called, so what it needs is made in here.
local function begin_anew(totals, windows, now)
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

local function totals_of(state, windows, now)
  local t = state and { struct.unpack(packed_totals, state) } or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  local latest_start, first_end = math.max(t[2], t[5], t[8], t[11]), math.min(t[3], t[6], t[9], t[12])
  if now < latest_start or now >= first_end then
    begin_anew(t, windows, now)
  end
  return t
end

local function pack_totals(totals)
  return struct.pack(packed_totals, unpack(totals, 1, 13))
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

-- Of the windows that have no room for the cost the one that ends last, and whether waiting is hopeless since the cost
-- is above a limit; nothing when all have room.
local function exceeded_by(standings, cost)
  local last, hopeless = nil, false
  for _, standing in ipairs(standings) do
    if cost > 0 and standing.remaining < cost then
      hopeless = hopeless or standing.limit < cost
      if not last or standing.ends > last.ends then
        last = standing
      end
    end
  end
  return last, hopeless
end

-- Takes back what was granted at that time and not spent. A window that began after the grant holds it in its base; one
-- that ran then, in what it used.
local function give_back(totals, unspent, granted_at)
  totals[1] = totals[1] - unspent
  for i = 1, 4 do
    if totals[3 * i - 1] > granted_at then
      totals[3 * i + 1] = totals[3 * i + 1] - unspent
    end
  end
end
