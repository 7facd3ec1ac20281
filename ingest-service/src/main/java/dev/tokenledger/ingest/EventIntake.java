package dev.tokenledger.ingest;

import dev.tokenledger.ingest.admission.Admission;
import dev.tokenledger.ingest.admission.Quotas;
import dev.tokenledger.ingest.append.EventStreams;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * What every dialect's endpoint does with what it has read: admit it for the caller's project, make
 * it durable, and only then answer.
 */
@ApplicationScoped
public class EventIntake {
  private final CurrentCaller caller;
  private final Admission admission;
  private final Quotas quotas;
  private final EventStreams streams;
  private final MeterRegistry metrics;

  public EventIntake(
      CurrentCaller caller,
      IngestStart start,
      Quotas quotas,
      EventStreams streams,
      MeterRegistry metrics) {
    this.caller = caller;
    this.admission = start.admission();
    this.quotas = quotas;
    this.streams = streams;
    this.metrics = metrics;
  }

  /**
   * Admits the decoded items and appends them.
   *
   * @param source dialect and, where it is known, the reporting service: {@code otlp:checkout}
   * @return the result, once the admitted events are durable
   */
  public Uni<Admission.Result> admit(String source, Decoded decoded) {
    Caller who = caller.get();
    if (who.project() == null) {
      throw new ProblemException(
          ProblemCode.FORBIDDEN,
          "This key belongs to no project, so its events would belong to none. Report with a key"
              + " of a project.");
    }
    Admission.Result result =
        admission.admit(who.tenantId(), who.project(), source, who.apiKey(), decoded);
    if (result.isEmpty()) {
      return Uni.createFrom().item(result);
    }
    return quotas
        .take(who.tenantId(), admission.quota(who.tenantId()), result.batch().events().size())
        .chain(() -> streams.append(result.batch()))
        .invoke(() -> count(source, result))
        .replaceWith(result);
  }

  private void count(String source, Admission.Result result) {
    String dialect = source.contains(":") ? source.substring(0, source.indexOf(':')) : source;
    metrics
        .counter("tokenledger.ingest.events.accepted", "dialect", dialect)
        .increment(result.batch().events().size());
    metrics
        .counter("tokenledger.ingest.events.rejected", "dialect", dialect)
        .increment(result.rejected().size());
  }
}
