package dev.tokenledger.bench.load;

import dev.tokenledger.bench.traffic.Call;
import dev.tokenledger.bench.traffic.Traffic;
import java.util.ArrayList;
import java.util.List;

/** The bodies that the generator sends, for whoever measures the reading of them alone. */
public final class LoadBodies {
  private LoadBodies() {}

  /** A JSON array of events that started just now. */
  public static byte[] json(Traffic traffic, int events) {
    List<Call> calls = new ArrayList<>(events);
    for (int i = 0; i < events; i++) {
      calls.add(traffic.next());
    }
    return Payload.of("localhost", "none", calls).body(System.currentTimeMillis());
  }
}
