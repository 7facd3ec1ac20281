package dev.tokenledger.bench;

import java.util.List;

/** The benchmark's commands. */
public final class Bench {
  private static final String USAGE =
      """
      Usage: bench COMMAND [--option value]...

        all        start the product on fresh data, measure everything, write bench/RESULTS.md
                   --app JAR  --work DIR  --java-options "-Xmx288m …"
                   --runs N  --duration S (3 of 20 s; of authorization 7 of 15 s)
                   --events 10000000  --fewer-events 1000000  --repeats 20  --traces CSV
                   --results FILE  --only settling,history,queries,authorization,micro,nab
                   --nab DIR  --usage DIR (with nab: the benchmark's files, traces of real usage)
        load       send events to a running service, measure acknowledgement and settling
                   --url http://127.0.0.1:8080  --key KEY | --data DIR (embedded stores)
                   --rate EVENTS/S (0: as fast as answers come)  --duration S  --batch EVENTS
                   --connections N  --traces CSV  --probe yes|no  --pid PID (its share of CPU)
        baseline   what the embedded stores do alone with the same rows and blocks
                   --data DIR  --rows N  --runs N  --traces CSV
        authorize  ask whether calls may be made, each with a reservation
                   --url http://127.0.0.1:8080  --data DIR  --rate QUESTIONS/S  --duration S
                   --connections N
        bare       answer such questions by the least that can, for comparison
                   --data DIR (of a running product)  --port N
        query      fill a long history, ask a dashboard's questions of the API and the raw table
                   --data DIR  --url U  --events N  --days 90  --repeats N  --fill yes|no  --raw yes|no
      """;

  private Bench() {}

  public static void main(String... args) throws Exception {
    // Before the first logger is made: libraries of the services bring this manager with them.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    if (args.length == 0) {
      System.err.print(USAGE);
      System.exit(2);
    }
    List<String> rest = List.of(args).subList(1, args.length);
    try {
      switch (args[0]) {
        case "load" -> LoadCommand.run(rest);
        case "baseline" -> BaselineCommand.run(rest);
        case "authorize" -> AuthorizeCommand.run(rest);
        case "bare" -> AuthorizeCommand.bare(rest);
        case "query" -> QueryCommand.run(rest);
        case "all" -> AllCommand.run(rest);
        default -> throw new IllegalArgumentException("there is no command '" + args[0] + "'");
      }
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      System.err.print(USAGE);
      System.exit(2);
    }
  }
}
