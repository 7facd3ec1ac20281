package dev.tokenledger.aggregation.dictionary;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DictionaryTest {
  private static final int TENANT = 1;

  private Database database;

  @BeforeEach
  void makeTheLedger() throws Exception {
    TestDatabase stores = TestDatabase.create();
    stores
        .migrations()
        .migrate("ledger", List.of("V1__ledger.sql", "V2__guard.sql", "V3__api_keys.sql"));
    database = stores.databases().open(ServiceRole.AGGREGATION, 12);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void aValueHasOneNumberWhereverItStandsAndWhoeverAsks() throws Exception {
    int[] first = numbers(new Dictionary(), Dimension.AGENT, "a", "b", "a", null, "c", "b");
    assertThat(first[0]).isEqualTo(first[2]).isGreaterThanOrEqualTo(DimensionValues.FIRST_ID);
    assertThat(first[1]).isEqualTo(first[5]);
    assertThat(first[3]).isEqualTo(DimensionValues.NONE_ID);
    assertThat(Arrays.stream(first).distinct()).hasSize(4);

    // From the database, in another process and in another order.
    int[] second = numbers(new Dictionary(), Dimension.AGENT, "c", "b", "a");
    assertThat(second).containsExactly(first[4], first[1], first[0]);
  }

  @Test
  void whatIsInMemoryIsNotMissing() throws Exception {
    Dictionary dictionary = new Dictionary();
    int[] first = numbers(dictionary, Dimension.MODEL, "a");
    Dictionary.Missing missing = new Dictionary.Missing();
    int[] again = new int[1];
    dictionary.find(TENANT, Dimension.MODEL, "a", again, 0, missing);
    assertThat(missing.isEmpty()).isTrue();
    assertThat(again).isEqualTo(first);
  }

  @Test
  void whatWaitsForANumberIsToldApartAndCountedOnce() throws Exception {
    Dictionary dictionary = new Dictionary();
    Dictionary.Missing missing = new Dictionary.Missing();
    int[] ids = new int[4];
    dictionary.find(TENANT, Dimension.SESSION, "s-1", ids, 0, missing);
    dictionary.find(TENANT, Dimension.SESSION, "s-2", ids, 1, missing);
    dictionary.find(TENANT, Dimension.SESSION, "s-1", ids, 2, missing);
    dictionary.find(TENANT, Dimension.SESSION, null, ids, 3, missing);

    assertThat(missing.names()).isEqualTo(2);
    assertThat(ids[0]).isNegative().isEqualTo(ids[2]).isNotEqualTo(ids[1]);
    assertThat(ids[3]).isEqualTo(DimensionValues.NONE_ID);

    resolve(dictionary, missing);
    assertThat(ids[0]).isEqualTo(ids[2]).isNotEqualTo(ids[1]);
    assertThat(Arrays.stream(ids)).allMatch(id -> id >= 0);
  }

  @Test
  void dimensionsAndTenantsCountApart() throws Exception {
    Dictionary dictionary = new Dictionary();
    Dictionary.Missing missing = new Dictionary.Missing();
    int[] ids = new int[3];
    dictionary.find(TENANT, Dimension.AGENT, "same", ids, 0, missing);
    dictionary.find(TENANT, Dimension.FEATURE, "same", ids, 1, missing);
    dictionary.find(TENANT + 1, Dimension.AGENT, "same", ids, 2, missing);
    resolve(dictionary, missing);
    assertThat(ids).containsOnly(DimensionValues.FIRST_ID);
  }

  @Test
  void beyondItsBoundADimensionHasOtherAndSaysSo() throws Exception {
    Dimension small =
        Arrays.stream(Dimension.values())
            .filter(dimension -> dimension.maxValues() > 0)
            .min((a, b) -> Integer.compare(a.maxValues(), b.maxValues()))
            .orElseThrow();
    String[] values =
        IntStream.range(0, small.maxValues() + 3).mapToObj(i -> "v" + i).toArray(String[]::new);
    int[] ids = numbers(new Dictionary(), small, values);
    assertThat(Arrays.stream(ids).filter(id -> id == DimensionValues.OTHER_ID)).hasSize(3);
    assertThat(Arrays.stream(ids).distinct()).hasSize(small.maxValues() + 1);
    try (Connection connection = database.connect();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT count(*) FROM ledger.dimension_overflow WHERE tenant_id = " + TENANT)) {
      row.next();
      assertThat(row.getInt(1)).isEqualTo(1);
    }
  }

  @Test
  void whoeverHadANumberBeforeItsDimensionWasFullKeepsIt() throws Exception {
    Dictionary dictionary = new Dictionary();
    Dimension small = Dimension.TAG_KEY;
    String[] names =
        IntStream.range(0, 3 * small.maxValues()).mapToObj(i -> "n" + i).toArray(String[]::new);
    int[] ids = numbers(dictionary, small, names);
    assertThat(ids).contains(DimensionValues.OTHER_ID);
    assertThat(numbers(dictionary, small, names)).as("from memory").isEqualTo(ids);
    assertThat(numbers(new Dictionary(), small, names)).as("looked up").isEqualTo(ids);
  }

  @Test
  void processesThatMeetTheSameNewValuesAgree() throws Exception {
    ExecutorService processes = Executors.newFixedThreadPool(4);
    try {
      List<Future<int[]>> answers = new ArrayList<>();
      for (int process = 0; process < 4; process++) {
        int shift = process * 25;
        answers.add(
            processes.submit(
                () ->
                    numbers(
                        new Dictionary(),
                        Dimension.USER,
                        IntStream.range(shift, shift + 50)
                            .mapToObj(i -> "user-" + i)
                            .toArray(String[]::new))));
      }
      for (int process = 0; process + 1 < 4; process++) {
        int[] one = answers.get(process).get();
        int[] next = answers.get(process + 1).get();
        assertThat(Arrays.copyOfRange(one, 25, 50)).isEqualTo(Arrays.copyOfRange(next, 0, 25));
      }
    } finally {
      processes.shutdownNow();
    }
  }

  private int[] numbers(Dictionary dictionary, Dimension dimension, String... values)
      throws Exception {
    Dictionary.Missing missing = new Dictionary.Missing();
    int[] ids = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      dictionary.find(TENANT, dimension, values[i], ids, i, missing);
    }
    resolve(dictionary, missing);
    return ids;
  }

  private void resolve(Dictionary dictionary, Dictionary.Missing missing) throws Exception {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      dictionary.resolve(connection, missing);
    }
  }
}
