package dev.tokenledger.ingest.otlp;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a reader is within a request: the resource and the scope that the next spans belong to.
 *
 * <p>Writers put both before their spans, so one reading is enough. Neither encoding demands it:
 * where one comes after its spans, the reading ends with {@link Late}, the request is read for its
 * resources and scopes alone, and then once more with these known.
 */
final class Envelope {
  /** Says that a resource or scope came after spans that belong to it. */
  static final class Late extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Late() {
      super("a resource or scope comes after its spans", null, false, false);
    }
  }

  /** All resources and scopes of a request, in its order. */
  static final class Surroundings {
    private final List<Attributes> resources = new ArrayList<>();
    private final List<String> scopes = new ArrayList<>();
  }

  private final int max;
  private final @Nullable Surroundings known;
  private final @Nullable Surroundings collected;
  private int resources;
  private int scopes;
  private boolean scopesSeen;
  private boolean spansSeen;
  private Attributes resource = Attributes.NONE;
  private String scope = "";

  private Envelope(int max, @Nullable Surroundings known, @Nullable Surroundings collected) {
    this.max = max;
    this.known = known;
    this.collected = collected;
  }

  /**
   * For a reading that takes the spans.
   *
   * @param max groups of spans that a request may have, of each kind
   * @param known what an earlier reading found out, or null
   */
  static Envelope spans(int max, @Nullable Surroundings known) {
    return new Envelope(max, known, null);
  }

  /** For a reading that fills the surroundings and takes no spans. */
  static Envelope surroundings(int max, Surroundings into) {
    return new Envelope(max, null, into);
  }

  void beginResource() {
    if (resources == max) {
      throw tooMany();
    }
    resource = known == null ? Attributes.NONE : known.resources.get(resources);
    resources++;
    scopesSeen = false;
  }

  /** True when the resource that comes now is to be read. */
  boolean wantsResource() {
    if (scopesSeen && known == null && collected == null) {
      throw new Late();
    }
    return known == null;
  }

  void resource(Attributes attributes) {
    resource = attributes;
  }

  Attributes resource() {
    return resource;
  }

  void endResource() {
    if (collected != null) {
      collected.resources.add(resource);
    }
  }

  void beginScope() {
    if (scopes == max) {
      throw tooMany();
    }
    scope = known == null ? "" : known.scopes.get(scopes);
    scopes++;
    scopesSeen = true;
    spansSeen = false;
  }

  boolean wantsScope() {
    if (spansSeen && known == null && collected == null) {
      throw new Late();
    }
    return known == null;
  }

  void scope(String name) {
    scope = Text.shortened(name, Text.LONGEST);
  }

  String scope() {
    return scope;
  }

  /** True when the spans that come now are to be read. */
  boolean wantsSpans() {
    spansSeen = true;
    return collected == null;
  }

  void endScope() {
    if (collected != null) {
      collected.scopes.add(scope);
    }
  }

  private ProblemException tooMany() {
    return new ProblemException(
        ProblemCode.TOO_MANY_EVENTS,
        "A request may have spans of "
            + max
            + " resources and scopes at most. Nothing of it was taken; send it in parts.");
  }
}
