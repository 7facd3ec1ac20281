package dev.tokenledger.bench.traffic;

import dev.tokenledger.bench.traffic.Call.Kind;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * An endless sequence of calls; the same seed gives the same sequence. Not thread-safe.
 *
 * <p>The shape: 20 models, 40 agents with one to three models each, 8 features, 2,000 users,
 * popular ones far more often than others. Calls come in sessions of 20 on average, several hundred
 * open at a time; a session is one user's, with one agent and feature. One event in 20 is an
 * agent's run, the others are model calls; of these 3 % fail, a third reads from a prompt cache, a
 * quarter carry trace identifiers and a third a tag.
 */
public final class Traffic {
  private static final int AGENTS = 40;
  private static final int USERS = 2_000;
  private static final int OPEN_SESSIONS = 300;
  private static final int MEAN_CALLS_IN_SESSION = 20;

  private static final String[][] MODELS = {
    {"openai", "gpt-4o"},
    {"openai", "gpt-4o-mini"},
    {"anthropic", "claude-sonnet-4-20250514"},
    {"openai", "gpt-4.1"},
    {"google", "gemini-2.5-flash"},
    {"openai", "gpt-5"},
    {"anthropic", "claude-3-5-haiku-20241022"},
    {"openai", "gpt-4.1-mini"},
    {"google", "gemini-2.5-pro"},
    {"openai", "gpt-5-mini"},
    {"anthropic", "claude-opus-4-20250514"},
    {"openai", "o4-mini"},
    {"openai", "o3"},
    {"mistral", "mistral-large-latest"},
    {"deepseek", "deepseek-chat"},
    {"google", "gemini-2.0-flash"},
    {"mistral", "mistral-small-latest"},
    {"anthropic", "claude-3-7-sonnet-20250219"},
    {"deepseek", "deepseek-reasoner"},
    {"openai", "gpt-4-turbo"},
  };
  private static final String[] FEATURES = {
    "answer-ticket",
    "summarise",
    "search",
    "draft-reply",
    "translate",
    "classify",
    "review-code",
    "plan"
  };
  private static final String[] ERRORS = {
    "rate_limit", "timeout", "context_length", "server_error"
  };
  private static final String[] TEAMS = {"search", "support", "platform", "growth", "risk"};

  private final SplittableRandom random;
  private final TokenLengths lengths;
  private final int[][] modelsOfAgent = new int[AGENTS][];
  private final Session[] open = new Session[OPEN_SESSIONS];
  private long sessions;

  private static final class Session {
    private final long number;
    private final int agent;
    private final String feature;
    private final String user;
    private final boolean traced;
    private final @Nullable String team;
    private int left;

    private Session(
        long number,
        int agent,
        String feature,
        String user,
        boolean traced,
        @Nullable String team,
        int left) {
      this.number = number;
      this.agent = agent;
      this.feature = feature;
      this.user = user;
      this.traced = traced;
      this.team = team;
      this.left = left;
    }
  }

  public Traffic(long seed, TokenLengths lengths) {
    this.random = new SplittableRandom(seed);
    this.lengths = lengths;
    SplittableRandom models = new SplittableRandom(7);
    for (int agent = 0; agent < AGENTS; agent++) {
      modelsOfAgent[agent] = new int[1 + models.nextInt(3)];
      for (int i = 0; i < modelsOfAgent[agent].length; i++) {
        modelsOfAgent[agent][i] = models.nextInt(MODELS.length);
      }
    }
    for (int i = 0; i < open.length; i++) {
      open[i] = session();
      // Sessions that were open before are somewhere in their middle.
      open[i].left = 1 + random.nextInt(open[i].left);
    }
  }

  /** The sessions begun so far. */
  public long sessions() {
    return sessions;
  }

  public Call next() {
    int slot = random.nextInt(open.length);
    Session session = open[slot];
    if (session.left-- == 0) {
      session = session();
      open[slot] = session;
      session.left--;
    }
    return random.nextInt(20) == 0 ? run(session) : call(session);
  }

  private Session session() {
    return new Session(
        sessions++,
        skewed(AGENTS),
        FEATURES[skewed(FEATURES.length)],
        String.format("user-%04d@example.com", skewed(USERS)),
        random.nextInt(4) == 0,
        random.nextInt(3) == 0 ? TEAMS[random.nextInt(TEAMS.length)] : null,
        1 + random.nextInt(2 * MEAN_CALLS_IN_SESSION - 1));
  }

  /** A number below the bound; small ones are more frequent, by the square. */
  private int skewed(int bound) {
    double uniform = random.nextDouble();
    return (int) (uniform * uniform * bound);
  }

  private Call call(Session session) {
    int[] models = modelsOfAgent[session.agent];
    String[] model = MODELS[models[random.nextInt(models.length)]];
    boolean failed = random.nextInt(100) < 3;
    TokenLengths.Lengths tokens = lengths.next(random);
    int output = failed ? 0 : tokens.output();
    int cached = random.nextInt(3) == 0 ? tokens.input() / 2 / 128 * 128 : 0;
    boolean reasons = model[1].startsWith("o") || model[1].startsWith("gpt-5");
    int firstToken = 80 + tokens.input() / 40 + random.nextInt(150);
    return new Call(
        Kind.MODEL_CALL,
        model[0],
        model[1],
        agent(session.agent),
        session.feature,
        session.user,
        session.number,
        session.traced,
        tokens.input(),
        output,
        cached,
        reasons ? output / 2 : 0,
        firstToken + output * 12 + random.nextInt(100),
        firstToken,
        failed ? ERRORS[random.nextInt(ERRORS.length)] : null,
        session.team);
  }

  private Call run(Session session) {
    return new Call(
        Kind.AGENT_RUN,
        "",
        "",
        agent(session.agent),
        session.feature,
        session.user,
        session.number,
        session.traced,
        0,
        0,
        0,
        0,
        2_000 + random.nextInt(20_000),
        0,
        random.nextInt(100) < 3 ? "timeout" : null,
        session.team);
  }

  private static String agent(int number) {
    return "agent-" + (number < 10 ? "0" : "") + number;
  }
}
