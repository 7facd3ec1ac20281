package dev.tokenledger.model.price;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the prices of a model by provider and name as they were reported. Immutable.
 *
 * <p>Names are tried in the order of {@link ModelNames}; for each name, sellers in this order: the
 * one that was reported, the one that the name itself says, prices that hold for any seller, then,
 * in a catalogue (not among a tenant's own prices), those that sell at the same list price. A bare
 * name, or one behind a gateway that passes prices on, goes to its maker; a bare name that no maker
 * sells, to its only seller, or to several that all agree on the price. A price of zero is never
 * taken from a seller who was not named: what one host gives away, another bills.
 */
final class PriceIndex {
  private static final String ANY = "*";

  private final Map<String, Map<String, PriceHistory>> byProvider;
  private final Map<String, Map<String, List<PriceHistory>>> byUndatedName = new HashMap<>();
  private final Map<String, List<PriceHistory>> byName = new HashMap<>();
  private final boolean catalogue;

  private PriceIndex(Map<String, Map<String, PriceHistory>> byProvider, boolean catalogue) {
    this.byProvider = byProvider;
    this.catalogue = catalogue;
    byProvider.forEach(
        (provider, models) ->
            models.forEach(
                (name, history) -> {
                  byName.computeIfAbsent(name, n -> new ArrayList<>(1)).add(history);
                  String undated = ModelNames.undated(name);
                  if (!undated.equals(name)) {
                    byUndatedName
                        .computeIfAbsent(provider, p -> new HashMap<>())
                        .computeIfAbsent(undated, n -> new ArrayList<>(1))
                        .add(history);
                  }
                }));
  }

  static PriceIndex ofCatalogue(Collection<Price> prices) {
    return new PriceIndex(group(prices), true);
  }

  static PriceIndex ofOverrides(Collection<Price> prices) {
    return new PriceIndex(group(prices), false);
  }

  private static Map<String, Map<String, PriceHistory>> group(Collection<Price> prices) {
    Map<String, Map<String, List<Price>>> lists = new LinkedHashMap<>();
    for (Price price : prices) {
      String provider = price.provider() == null ? ANY : price.provider();
      lists
          .computeIfAbsent(provider, p -> new LinkedHashMap<>())
          .computeIfAbsent(ModelNames.key(price.model()), m -> new ArrayList<>(1))
          .add(price);
    }
    Map<String, Map<String, PriceHistory>> grouped = new LinkedHashMap<>();
    lists.forEach(
        (provider, models) -> {
          Map<String, PriceHistory> histories = new LinkedHashMap<>();
          models.forEach((model, list) -> histories.put(model, new PriceHistory(list)));
          grouped.put(provider, histories);
        });
    return grouped;
  }

  boolean contains(PriceHistory history) {
    return byName.getOrDefault(ModelNames.key(history.last().model()), List.of()).contains(history);
  }

  @Nullable PriceMatch find(@Nullable String reportedProvider, String reportedModel) {
    @Nullable String hint =
        reportedProvider == null || reportedProvider.isBlank()
            ? null
            : Providers.canonical(reportedProvider);
    List<ModelNames.Form> forms = ModelNames.of(reportedModel, this::isProvider);
    for (ModelNames.Form form : forms) {
      @Nullable PriceMatch match = find(hint, form);
      if (match != null) {
        return match;
      }
    }
    if (hint == null && forms.stream().allMatch(form -> form.provider() == null)) {
      for (ModelNames.Form form : forms) {
        @Nullable PriceMatch match = anySeller(form);
        if (match != null) {
          return match;
        }
      }
    }
    for (ModelNames.Form form : forms) {
      @Nullable PriceMatch match = findSnapshots(hint, form);
      if (match != null) {
        return match;
      }
    }
    return null;
  }

  private boolean isProvider(String canonical) {
    return Providers.isWellKnown(canonical)
        || Providers.passesThrough(canonical)
        || Providers.isSelfHosted(canonical)
        || byProvider.containsKey(canonical);
  }

  private @Nullable PriceMatch find(@Nullable String hint, ModelNames.Form form) {
    @Nullable PriceMatch match = named(hint, form, null);
    if (match == null && form.provider() != null && mayTrust(form.provider(), hint)) {
      match = named(form.provider(), form, foreign(form.provider(), hint));
    }
    if (match == null) {
      match = named(ANY, form, null);
    }
    if (match != null || !catalogue) {
      return match != null || hint != null || form.provider() != null ? match : bare(form);
    }
    @Nullable String seller = hint == null ? form.provider() : hint;
    if (seller == null) {
      return bare(form);
    }
    for (String other : Providers.atSameListPrice(seller)) {
      match = named(other, form, "sold at the list price of " + other);
      if (match != null) {
        return match;
      }
    }
    return isGateway(seller) ? maker(form) : null;
  }

  /** Whether the seller that a name says may be billed although another one was reported. */
  private boolean mayTrust(String provider, @Nullable String hint) {
    return hint == null
        || provider.equals(hint)
        || isGateway(hint)
        || Providers.atSameListPrice(hint).contains(provider);
  }

  private static @Nullable String foreign(String provider, @Nullable String hint) {
    return hint == null || provider.equals(hint) ? null : "sold by " + provider;
  }

  private boolean isGateway(String provider) {
    return Providers.passesThrough(provider)
        || !Providers.isWellKnown(provider)
            && !Providers.isSelfHosted(provider)
            && !byProvider.containsKey(provider);
  }

  /** A match at one seller; {@code step} says why a seller that was not named may be taken. */
  private @Nullable PriceMatch named(
      @Nullable String provider, ModelNames.Form form, @Nullable String step) {
    @Nullable Map<String, PriceHistory> models = provider == null ? null : byProvider.get(provider);
    @Nullable PriceHistory history = models == null ? null : models.get(form.name());
    if (history == null || step != null && history.last().isFree()) {
      return null;
    }
    return match(history, form, step, form.snapshot());
  }

  private @Nullable PriceMatch maker(ModelNames.Form form) {
    for (String maker : Providers.makersOf(form.name())) {
      @Nullable PriceMatch match = named(maker, form, "sold by its maker, " + maker);
      if (match != null) {
        return match;
      }
    }
    return null;
  }

  private @Nullable PriceMatch bare(ModelNames.Form form) {
    for (String maker : Providers.makersOf(form.name())) {
      @Nullable PriceMatch match = named(maker, form, null);
      if (match != null) {
        return match;
      }
    }
    return null;
  }

  /** Of a name that nobody was named for and no maker sells. */
  private @Nullable PriceMatch anySeller(ModelNames.Form form) {
    List<PriceHistory> sellers = byName.getOrDefault(form.name(), List.of());
    if (sellers.isEmpty() || !agree(sellers) || catalogue && sellers.get(0).last().isFree()) {
      return null;
    }
    String step = sellers.size() == 1 ? "its only seller" : "all sellers ask the same";
    return match(sellers.get(0), form, step, form.snapshot());
  }

  /** A name of which the catalogue lists only dated snapshots, if they all cost the same. */
  private @Nullable PriceMatch findSnapshots(@Nullable String hint, ModelNames.Form form) {
    @Nullable String seller = hint == null ? form.provider() : hint;
    for (String provider : seller == null ? Providers.makersOf(form.name()) : List.of(seller)) {
      @Nullable Map<String, List<PriceHistory>> undated = byUndatedName.get(provider);
      List<PriceHistory> snapshots =
          undated == null ? List.of() : undated.getOrDefault(form.name(), List.of());
      if (!snapshots.isEmpty() && agree(snapshots)) {
        return match(snapshots.get(0), form, "all its snapshots cost the same", true);
      }
    }
    return null;
  }

  private static boolean agree(List<PriceHistory> histories) {
    return histories.stream().map(h -> h.last().unitPrices()).distinct().count() == 1;
  }

  private static PriceMatch match(
      PriceHistory history, ModelNames.Form form, @Nullable String step, boolean snapshot) {
    List<String> steps = new ArrayList<>(form.steps());
    if (step != null) {
      steps.add(step);
    }
    Price price = history.last();
    return new PriceMatch(
        price.provider(), price.model(), List.copyOf(steps), snapshot, history, null);
  }
}
