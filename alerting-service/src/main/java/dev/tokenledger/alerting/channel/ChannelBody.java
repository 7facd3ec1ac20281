package dev.tokenledger.alerting.channel;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A channel as it is sent; which fields it has depends on its type, and in a change what is absent
 * stays as it is.
 */
@Schema(name = "ChannelBody")
public record ChannelBody(
    @Schema(description = "What people call it, up to 200 characters", examples = "ops")
        @Nullable String name,
    @Schema(
            description = "webhook, slack, email, pagerduty or alertmanager; cannot be changed",
            examples = "webhook")
        @Nullable String type,
    @Schema(
            description =
                "webhook: where requests go. slack: the incoming webhook's URL, which is kept as a"
                    + " secret. alertmanager: its base address, without /api/v2/alerts.",
            examples = "https://example.com/hook")
        @Nullable String url,
    @Schema(
            description = "pagerduty: the integration key of Events API v2, 32 letters and digits",
            examples = "R0123456789ABCDEFGHIJKLMNOPQRSTU")
        @Nullable String routingKey,
    @Schema(description = "email: one to 50 addresses", examples = "[\"ops@example.com\"]")
        @Nullable List<String> recipients,
    @Schema(description = "alertmanager behind basic authentication; \"\" for none")
        @Nullable String username,
    @Schema(description = "alertmanager behind basic authentication") @Nullable String password,
    @Schema(
            description = "low, medium, high or critical: what matters less is not sent",
            examples = "high")
        @Nullable String minSeverity,
    @Schema(description = "In a change: false stops a channel, true lets it go on")
        @Nullable Boolean enabled) {

  /** Without what may be a secret. */
  @Override
  public String toString() {
    return "ChannelBody[" + name + ", " + type + "]";
  }
}
