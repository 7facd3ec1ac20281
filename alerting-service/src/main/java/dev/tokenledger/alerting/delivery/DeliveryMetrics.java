package dev.tokenledger.alerting.delivery;

import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.alerting.receiver.DeliveryOutcome;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;

/** Figures about attempts, by type of channel and outcome. */
final class DeliveryMetrics {
  private final MeterRegistry registry;

  DeliveryMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  void attempted(ChannelType type, DeliveryOutcome outcome, Duration duration) {
    Timer.builder("tokenledger.delivery.attempts")
        .description("Attempts to deliver notifications, and how long they took")
        .tag("channel_type", type.label())
        .tag("outcome", outcome.kind().name().toLowerCase(Locale.ROOT))
        .register(registry)
        .record(duration);
  }
}
