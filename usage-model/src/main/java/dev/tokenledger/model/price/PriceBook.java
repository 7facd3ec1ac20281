package dev.tokenledger.model.price;

import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Pricing.Priced;
import dev.tokenledger.model.event.Pricing.Unpriced;
import dev.tokenledger.model.event.Pricing.UnpricedReason;
import dev.tokenledger.model.event.TokenUsage;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * All prices at one moment: the catalogue, and what single tenants pay instead. Immutable and safe
 * for use by any number of threads; a change makes a new book.
 *
 * <p>Pricing a call costs two hash look-ups and a few multiplications. What a reported provider and
 * model resolve to is remembered, for a bounded number of pairs; a stream of invented names only
 * makes the book forget, and resolve again.
 */
public final class PriceBook {
  /** The price version of a call that a response cache answered: no provider billed it. */
  public static final String CACHE_HIT = "cache-hit";

  /** Pairs of provider and model remembered for the catalogue, and as many for each tenant. */
  private static final int MAX_REMEMBERED = 10_000;

  /** Longer names are resolved every time rather than kept in memory. */
  private static final int MAX_REMEMBERED_LENGTH = 200;

  private static final Pricing FREE_HIT = new Priced(CostBreakdown.ZERO, CACHE_HIT);
  private static final Pricing NO_MODEL = new Unpriced(UnpricedReason.NO_MODEL);
  private static final Pricing UNKNOWN_MODEL = new Unpriced(UnpricedReason.UNKNOWN_MODEL);
  private static final Pricing OUT_OF_RANGE = new Unpriced(UnpricedReason.OUT_OF_RANGE);
  private static final Pricing NO_PRICE_AT_TIME = new Unpriced(UnpricedReason.NO_PRICE_AT_TIME);

  private final List<Price> prices;
  private final PriceIndex catalogue;
  private final Resolver everybody;
  private final Map<Integer, Resolver> byTenant;
  private final Instant learnedAt;

  private PriceBook(
      List<Price> prices,
      PriceIndex catalogue,
      Resolver everybody,
      Map<Integer, Resolver> unchanged,
      Map<Integer, ? extends Collection<Price>> overrides) {
    this.prices = prices;
    this.catalogue = catalogue;
    this.everybody = everybody;
    this.byTenant = new HashMap<>(unchanged);
    byTenant.keySet().removeAll(overrides.keySet());
    overrides.forEach(
        (tenant, own) -> {
          if (!own.isEmpty()) {
            byTenant.put(tenant, new Resolver(catalogue, PriceIndex.ofOverrides(own)));
          }
        });
    this.learnedAt =
        prices.stream().map(Price::recordedAt).max(Instant::compareTo).orElse(Instant.EPOCH);
  }

  /** A book of a catalogue's prices alone. */
  public static PriceBook of(Collection<Price> prices) {
    PriceIndex catalogue = PriceIndex.ofCatalogue(prices);
    return new PriceBook(
        List.copyOf(prices), catalogue, new Resolver(catalogue, null), Map.of(), Map.of());
  }

  /** The same catalogue with other overrides, which replace all there were. */
  public PriceBook withOverrides(Map<Integer, ? extends Collection<Price>> overridesByTenant) {
    return new PriceBook(prices, catalogue, everybody, Map.of(), overridesByTenant);
  }

  /** The same book with other overrides for some tenants; the others keep theirs. */
  public PriceBook withChanged(Map<Integer, ? extends Collection<Price>> overridesByTenant) {
    return new PriceBook(prices, catalogue, everybody, byTenant, overridesByTenant);
  }

  /** The catalogue's prices, without overrides. */
  public List<Price> prices() {
    return prices;
  }

  /** When the newest of the catalogue's prices was learned. */
  public Instant learnedAt() {
    return learnedAt;
  }

  /** How long ago that was. */
  public Duration age(Instant now) {
    return Duration.between(learnedAt, now);
  }

  /**
   * What a call costs. An answer from a response cache costs nothing; so does a call that did not
   * succeed and reported no usage, while one that succeeded without saying what it used is
   * unpriced.
   */
  public Pricing price(int tenantId, ModelCall call) {
    if (call.cacheHit()) {
      return FREE_HIT;
    }
    @Nullable PriceMatch match = match(tenantId, call.provider(), call.model());
    @Nullable Price price = match == null ? null : match.priceAt(call.header().time());
    Pricing pricing =
        cost(match, price, call.model(), call.serviceTier(), call.usage(), call.units());
    if (price != null
        && call.status() != CallStatus.SUCCESS
        && pricing instanceof Unpriced unpriced
        && unpriced.reason() == UnpricedReason.NO_USAGE) {
      return new Priced(CostBreakdown.ZERO, price.version());
    }
    return pricing;
  }

  /**
   * What a usage costs.
   *
   * @param provider the provider as reported; null when unknown
   * @param model the model as reported
   * @param serviceTier the tier as reported; null for the standard one
   * @param time when the call started
   */
  public Pricing price(
      int tenantId,
      @Nullable String provider,
      @Nullable String model,
      @Nullable String serviceTier,
      Instant time,
      TokenUsage usage,
      BillableUnits units) {
    @Nullable PriceMatch match = match(tenantId, provider, model);
    @Nullable Price price = match == null ? null : match.priceAt(time);
    return cost(match, price, model, serviceTier, usage, units);
  }

  private static Pricing cost(
      @Nullable PriceMatch match,
      @Nullable Price price,
      @Nullable String model,
      @Nullable String serviceTier,
      TokenUsage usage,
      BillableUnits units) {
    if (price != null) {
      Pricing pricing = price.cost(ServiceTier.of(serviceTier), usage, units);
      return pricing instanceof Priced priced && priced.cost().total() > ModelCall.MAX_COST.nanos()
          ? OUT_OF_RANGE
          : pricing;
    }
    if (match != null) {
      return NO_PRICE_AT_TIME;
    }
    return isMissing(model) ? NO_MODEL : UNKNOWN_MODEL;
  }

  /** The price that holds for a model at a time. */
  public Optional<Price> find(
      int tenantId, @Nullable String provider, @Nullable String model, Instant time) {
    @Nullable PriceMatch match = match(tenantId, provider, model);
    return match == null ? Optional.empty() : Optional.ofNullable(match.priceAt(time));
  }

  /** As {@link #find}, with the way to the answer. */
  public PriceExplanation explain(
      int tenantId, @Nullable String provider, @Nullable String model, Instant time) {
    @Nullable PriceMatch match = match(tenantId, provider, model);
    if (match == null) {
      return new PriceExplanation(
          null,
          isMissing(model) ? UnpricedReason.NO_MODEL : UnpricedReason.UNKNOWN_MODEL,
          false,
          List.of(),
          List.of());
    }
    PriceMatch used = match.at(time);
    @Nullable Price price = used.history().at(time);
    return new PriceExplanation(
        price,
        price == null ? UnpricedReason.NO_PRICE_AT_TIME : null,
        resolver(tenantId).isOverride(used),
        used.steps(),
        used.history().prices());
  }

  private static boolean isMissing(@Nullable String model) {
    return model == null || model.isBlank();
  }

  private @Nullable PriceMatch match(
      int tenantId, @Nullable String provider, @Nullable String model) {
    return model == null ? null : resolver(tenantId).resolve(provider, model);
  }

  private Resolver resolver(int tenantId) {
    if (byTenant.isEmpty()) {
      return everybody;
    }
    @Nullable Resolver own = byTenant.get(tenantId);
    return own == null ? everybody : own;
  }

  /** Resolves and remembers for one tenant with overrides, or for all without. */
  private static final class Resolver {
    private static final PriceMatch NOTHING =
        new PriceMatch(null, "", List.of(), false, new PriceHistory(List.of()), null);
    private static final String NO_PROVIDER = "";

    private final PriceIndex catalogue;
    private final @Nullable PriceIndex overrides;
    private final ConcurrentHashMap<String, ConcurrentHashMap<String, PriceMatch>> remembered =
        new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();

    Resolver(PriceIndex catalogue, @Nullable PriceIndex overrides) {
      this.catalogue = catalogue;
      this.overrides = overrides;
    }

    @Nullable PriceMatch resolve(@Nullable String provider, String model) {
      String seller = provider == null ? NO_PROVIDER : provider;
      // By model first: no key object has to be made for the pair.
      @Nullable ConcurrentHashMap<String, PriceMatch> sellers = remembered.get(model);
      @Nullable PriceMatch known = sellers == null ? null : sellers.get(seller);
      if (known == null) {
        @Nullable PriceMatch found = isMissing(model) ? null : find(provider, model);
        known = found == null ? NOTHING : found;
        remember(seller, model, known);
      }
      return known == NOTHING ? null : known;
    }

    private void remember(String seller, String model, PriceMatch match) {
      if (seller.length() + model.length() > MAX_REMEMBERED_LENGTH) {
        return;
      }
      if (count.incrementAndGet() > MAX_REMEMBERED) {
        remembered.clear();
        count.set(1);
      }
      remembered.computeIfAbsent(model, m -> new ConcurrentHashMap<>(2)).put(seller, match);
    }

    private @Nullable PriceMatch find(@Nullable String provider, String model) {
      @Nullable PriceMatch listed = catalogue.find(provider, model);
      @Nullable PriceMatch own = overrides == null ? null : overrides.find(provider, model);
      if (own == null) {
        return listed;
      }
      return own.snapshot() && isPricedApart(listed, own, provider) ? listed : own.before(listed);
    }

    /**
     * An override of a model covers its dated snapshots, except one that the catalogue lists at
     * another price than the model itself: that is another product, with a price of its own.
     */
    private boolean isPricedApart(
        @Nullable PriceMatch listed, PriceMatch own, @Nullable String provider) {
      if (listed == null || listed.snapshot()) {
        return false;
      }
      @Nullable PriceMatch model = catalogue.find(provider, own.model());
      return model != null
          && !model.history().last().unitPrices().equals(listed.history().last().unitPrices());
    }

    boolean isOverride(PriceMatch match) {
      return overrides != null && overrides.contains(match.history());
    }
  }
}
