package dev.tokenledger.standalone.product;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the one application that all of them share; it is started by the first and stopped
 * after the last. Tests that break the application start one of their own.
 */
final class Product implements ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(Product.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == TokenLedgerProcess.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent("shared", name -> new Shared(), Shared.class)
        .get();
  }

  /** Started once; where that fails, every test says so at once. */
  private static final class Shared implements AutoCloseable {
    private @Nullable TokenLedgerProcess process;
    private @Nullable Throwable failure;

    private Shared() {
      try {
        process = TokenLedgerProcess.start("shared");
      } catch (Exception | AssertionError e) {
        failure = e;
      }
    }

    private TokenLedgerProcess get() {
      if (process == null) {
        throw new ParameterResolutionException("the application does not start", failure);
      }
      return process;
    }

    @Override
    public void close() throws Exception {
      if (process != null) {
        process.close();
      }
    }
  }
}
