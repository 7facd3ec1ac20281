package dev.tokenledger.alerting.guard;

/**
 * The scripts that Redis runs, each at once for all of a tenant's keys.
 *
 * <p>A tenant's guard has three keys. The hash of {@link GuardKeys#state} holds {@code epoch},
 * {@code revision} (of the ledger), {@code through} (milliseconds until which the ledger has
 * everything), and for each budget {@code a:} what is available, {@code r:} what is reserved, both
 * in nano-dollars, and {@code e:} the end of its period in milliseconds. The sorted set of {@link
 * GuardKeys#leases} has the reservations by the end of their lease, and the hash of {@link
 * GuardKeys#reservations} what each holds, as {@code budget=amount} separated by commas.
 *
 * <p>Amounts are 64-bit integers. Numbers in a script are floating point and exact to 53 bits only:
 * amounts are therefore added by HINCRBY and compared by the sign of what it returns. Where many
 * are given back at once, a script adds them up as far as 53 bits go.
 */
public final class GuardScripts {
  private static final String RELEASE =
      """
      local function giveBack(budget, amount)
        if redis.call('HEXISTS', KEYS[1], 'a:' .. budget) == 1 then
          redis.call('HINCRBY', KEYS[1], 'a:' .. budget, amount)
          redis.call('HINCRBY', KEYS[1], 'r:' .. budget, '-' .. amount)
        end
      end
      local function release(ids)
        if #ids == 0 then return end
        local most = 9007199254740992
        local budgets, sums = {}, {}
        for _, held in ipairs(redis.call('HMGET', KEYS[3], unpack(ids))) do
          for budget, amount in string.gmatch(held or '', '([^=,]+)=([^,]+)') do
            local nanos = tonumber(amount)
            if not sums[budget] then
              budgets[#budgets + 1] = budget
              sums[budget] = 0
            end
            if nanos >= most / 2 then
              giveBack(budget, amount)
            else
              if sums[budget] + nanos >= most then
                giveBack(budget, string.format('%.0f', sums[budget]))
                sums[budget] = 0
              end
              sums[budget] = sums[budget] + nanos
            end
          end
        end
        for _, budget in ipairs(budgets) do
          if sums[budget] > 0 then giveBack(budget, string.format('%.0f', sums[budget])) end
        end
        redis.call('HDEL', KEYS[3], unpack(ids))
        redis.call('ZREM', KEYS[2], unpack(ids))
      end
      local function endLeases(most, latest)
        local through = redis.call('HGET', KEYS[1], 'through')
        if latest and tonumber(latest) < tonumber(through) then through = latest end
        local ended = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', through, 'LIMIT', 0, most)
        release(ended)
        return #ended
      end
      """;

  /**
   * Decides over questions of one tenant, one after the other, and reserves when asked to. Before
   * anybody is refused, the leases that are over end. Without a question it forgets the states of
   * all tenants, so that each guard is made anew before it decides again.
   *
   * <p>Keys: the tenant's three; then those of the loop counters of each question. Arguments: the
   * number of questions; for each its epoch; now; reservation id or empty; end of its lease; number
   * of budgets; for each budget its id, the amount, whether it refuses (1 or 0), whether a call
   * without estimate needs something left (1 or 0); number of loop bounds; seconds that their
   * counters live; for each: most calls, depth, repetitions and cost, each empty for no bound; then
   * depth, name of the repeated call and amount of this one; then calls, and cost so far, for a
   * counter that Redis does not know, or empty for "not looked up".
   *
   * <p>Answers for each question: {@code missing}; {@code stale} and Redis' epoch; {@code period};
   * {@code unseeded}; {@code again} for a reservation that is there already; or {@code allow} or
   * {@code deny}, then the bound that was met or empty and its position, then for each budget
   * available, reserved and whether it refused.
   */
  static final String AUTHORIZE =
      RELEASE
          + """
          local function authorize(first, firstKey, n, m, loops)
            local at = first + 5
            local fields = {'epoch'}
            for i = 0, n - 1 do fields[i + 2] = 'e:' .. ARGV[at + i * 4] end
            local state = redis.call('HMGET', KEYS[1], unpack(fields))
            local epoch = state[1]
            if not epoch then return {'missing'} end
            if epoch ~= ARGV[first] then return {'stale', epoch} end
            local now = tonumber(ARGV[first + 1])
            local id = ARGV[first + 2]
            if id ~= '' and redis.call('HEXISTS', KEYS[3], id) == 1 then return {'again'} end
            for i = 0, n - 1 do
              local ends = state[i + 2]
              if not ends then return {'stale', epoch} end
              if tonumber(ends) <= now then return {'period'} end
            end
            local ttl = ARGV[loops + 1]
            local bound, position = '', -1
            for i = 0, m - 1 do
              local key = KEYS[firstKey + i]
              local a = loops + 2 + i * 9
              local calls = redis.call('HGET', key, 'calls')
              if not calls then
                if ARGV[a + 7] == '' then return {'unseeded'} end
                redis.call('HSET', key, 'calls', ARGV[a + 7], 'cost', ARGV[a + 8])
                redis.call('EXPIRE', key, ttl)
                calls = ARGV[a + 7]
              end
              if bound == '' then
                local repeated = 0
                if ARGV[a + 5] ~= '' then
                  repeated = tonumber(redis.call('HGET', key, 't:' .. ARGV[a + 5]) or '0')
                end
                if ARGV[a] ~= '' and tonumber(calls) + 1 > tonumber(ARGV[a]) then
                  bound = 'max_calls'
                elseif ARGV[a + 1] ~= '' and ARGV[a + 4] ~= ''
                    and tonumber(ARGV[a + 4]) > tonumber(ARGV[a + 1]) then
                  bound = 'max_depth'
                elseif ARGV[a + 2] ~= '' and ARGV[a + 5] ~= ''
                    and repeated + 1 > tonumber(ARGV[a + 2]) then
                  bound = 'max_repeated_tool_calls'
                elseif ARGV[a + 3] ~= '' and tonumber(redis.call('HGET', key, 'cost'))
                    + tonumber(ARGV[a + 6]) > tonumber(ARGV[a + 3]) then
                  bound = 'max_cost_usd'
                end
                if bound ~= '' then position = i end
              end
            end
            local refused = {}
            local function take()
              local short = false
              for i = 0, n - 1 do
                local b = at + i * 4
                local amount = ARGV[b + 1]
                local left
                if amount == '0' then
                  left = tonumber(redis.call('HGET', KEYS[1], 'a:' .. ARGV[b]))
                else
                  left = redis.call('HINCRBY', KEYS[1], 'a:' .. ARGV[b], '-' .. amount)
                end
                refused[i] = 0
                if ARGV[b + 2] == '1' then
                  if (amount ~= '0' and left < 0) or (ARGV[b + 3] == '1' and left <= 0) then
                    refused[i] = 1
                    short = true
                  end
                end
              end
              return short
            end
            local function give()
              for i = 0, n - 1 do
                local b = at + i * 4
                if ARGV[b + 1] ~= '0' then
                  redis.call('HINCRBY', KEYS[1], 'a:' .. ARGV[b], ARGV[b + 1])
                end
              end
            end
            local short = take()
            while short and endLeases(200) > 0 do
              give()
              short = take()
            end
            local denied = bound ~= '' or short
            if denied or id == '' then
              give()
            elseif n > 0 then
              local held = {}
              for i = 0, n - 1 do
                local b = at + i * 4
                if ARGV[b + 1] ~= '0' then
                  redis.call('HINCRBY', KEYS[1], 'r:' .. ARGV[b], ARGV[b + 1])
                end
                held[i + 1] = ARGV[b] .. '=' .. ARGV[b + 1]
              end
              redis.call('HSET', KEYS[3], id, table.concat(held, ','))
              redis.call('ZADD', KEYS[2], ARGV[first + 3], id)
            end
            if not denied then
              for i = 0, m - 1 do
                local key = KEYS[firstKey + i]
                local a = loops + 2 + i * 9
                redis.call('HINCRBY', key, 'calls', 1)
                if ARGV[a + 6] ~= '0' then redis.call('HINCRBY', key, 'cost', ARGV[a + 6]) end
                if ARGV[a + 5] ~= '' then redis.call('HINCRBY', key, 't:' .. ARGV[a + 5], 1) end
                redis.call('EXPIRE', key, ttl)
              end
            end
            local answer = {denied and 'deny' or 'allow', bound, position}
            for i = 0, n - 1 do
              local budget = ARGV[at + i * 4]
              local left = redis.call('HMGET', KEYS[1], 'a:' .. budget, 'r:' .. budget)
              answer[#answer + 1] = left[1]
              answer[#answer + 1] = left[2]
              answer[#answer + 1] = refused[i]
            end
            return answer
          end
          if ARGV[1] == '0' then
            for _, state in ipairs(redis.call('KEYS', 'tl:{guard:*}:state')) do
              redis.call('DEL', state)
            end
          end
          local answers = {}
          local first, firstKey = 2, 4
          for question = 1, tonumber(ARGV[1]) do
            local n = tonumber(ARGV[first + 4])
            local loops = first + 5 + n * 4
            local m = tonumber(ARGV[loops])
            answers[question] = authorize(first, firstKey, n, m, loops)
            first = loops + 2 + m * 9
            firstKey = firstKey + m
          end
          return answers
          """;

  /**
   * Sets what was read of the ledger, and ends the reservations whose calls are in it.
   *
   * <p>Arguments: epoch; revision; through; number of budgets; for each its id, the end of its
   * period, and the limit less what is spent; then the ids of settled reservations. Answers 1; 0
   * when Redis is at a later epoch or holds a later revision; 2 when it holds nothing; 3 when it is
   * at an earlier epoch.
   */
  static final String REFRESH =
      RELEASE
          + """
          local epoch = redis.call('HGET', KEYS[1], 'epoch')
          if not epoch then return 2 end
          if tonumber(epoch) < tonumber(ARGV[1]) then return 3 end
          if epoch ~= ARGV[1] then return 0 end
          if tonumber(redis.call('HGET', KEYS[1], 'revision')) > tonumber(ARGV[2]) then return 0 end
          redis.call('HSET', KEYS[1], 'revision', ARGV[2])
          if tonumber(redis.call('HGET', KEYS[1], 'through')) < tonumber(ARGV[3]) then
            redis.call('HSET', KEYS[1], 'through', ARGV[3])
          end
          local n = tonumber(ARGV[4])
          for i = 5 + n * 3, #ARGV, 200 do
            local ids = {}
            for j = i, math.min(i + 199, #ARGV) do ids[#ids + 1] = ARGV[j] end
            release(ids)
          end
          for i = 0, n - 1 do
            local b = 5 + i * 3
            local budget = ARGV[b]
            local reserved = redis.call('HGET', KEYS[1], 'r:' .. budget)
            if reserved then
              redis.call('HSET', KEYS[1], 'e:' .. budget, ARGV[b + 1], 'a:' .. budget, ARGV[b + 2])
              if reserved ~= '0' then
                redis.call('HINCRBY', KEYS[1], 'a:' .. budget, '-' .. reserved)
              end
            end
          end
          return 1
          """;

  /**
   * Ends some of the leases that are over, so that callers need not wait for all of them at once.
   *
   * <p>Arguments: epoch; milliseconds until which they may have lasted; how many at most. Answers
   * how many it ended.
   */
  static final String END_LEASES =
      RELEASE
          + """
          if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
          return endLeases(tonumber(ARGV[3]), ARGV[2])
          """;

  /**
   * Begins to make a tenant's guard anew from what Postgres has, beside the one in force: its keys
   * are those of {@link GuardKeys#staged}, and vanish by themselves if nothing comes of it.
   *
   * <p>Arguments: seconds until then; epoch; revision; through; number of budgets; for each its id,
   * the end of its period, and the limit less what is spent.
   */
  static final String STAGE =
      """
      redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
      redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'revision', ARGV[3], 'through', ARGV[4])
      redis.call('EXPIRE', KEYS[1], ARGV[1])
      for i = 0, tonumber(ARGV[5]) - 1 do
        local b = 6 + i * 3
        redis.call('HSET', KEYS[1], 'e:' .. ARGV[b], ARGV[b + 1], 'a:' .. ARGV[b], ARGV[b + 2],
            'r:' .. ARGV[b], '0')
      end
      return 1
      """;

  /**
   * Adds reservations to a staged guard.
   *
   * <p>Arguments: seconds until they vanish; for each its id, the end of its lease, and what it
   * holds.
   */
  static final String STAGE_RESERVATIONS =
      """
      for i = 2, #ARGV, 3 do
        for budget, amount in string.gmatch(ARGV[i + 2], '([^=,]+)=([^,]+)') do
          if amount ~= '0' then
            redis.call('HINCRBY', KEYS[1], 'a:' .. budget, '-' .. amount)
            redis.call('HINCRBY', KEYS[1], 'r:' .. budget, amount)
          end
        end
        redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 2])
        redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
      end
      redis.call('EXPIRE', KEYS[2], ARGV[1])
      redis.call('EXPIRE', KEYS[3], ARGV[1])
      return 1
      """;

  /**
   * Puts a staged guard in force, unless Redis is at its epoch or a later one.
   *
   * <p>Keys: those in force, then the staged ones. Arguments: the number of staged reservations.
   * Answers 1; 0 when another guard stays in force; 2 when what was staged is not whole any more.
   */
  static final String PUT_IN_FORCE =
      """
      local staged = redis.call('HGET', KEYS[4], 'epoch')
      local held = redis.call('HLEN', KEYS[6])
      if not staged or held ~= tonumber(ARGV[1]) or held ~= redis.call('ZCARD', KEYS[5]) then
        redis.call('UNLINK', KEYS[4], KEYS[5], KEYS[6])
        return 2
      end
      local epoch = redis.call('HGET', KEYS[1], 'epoch')
      if epoch and tonumber(epoch) >= tonumber(staged) then
        redis.call('UNLINK', KEYS[4], KEYS[5], KEYS[6])
        return 0
      end
      redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
      for i = 4, 6 do
        if redis.call('EXISTS', KEYS[i]) == 1 then
          redis.call('PERSIST', KEYS[i])
          redis.call('RENAME', KEYS[i], KEYS[i - 3])
        end
      end
      return 1
      """;

  /** Ends one reservation at an epoch. Arguments: epoch; id. */
  public static final String RELEASE_ONE =
      RELEASE
          + """
          if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then release({ARGV[2]}) end
          return 1
          """;

  private GuardScripts() {}
}
