package dev.tokenledger.platform.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.quarkus.jackson.ObjectMapperCustomizer;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * How JSON of API bodies is read: no deeper and no finer than such bodies need, and every text in
 * it, names of fields in maps included, is a {@link PlainText}, every time within {@link Instants}.
 */
@Singleton
public class RequestJson implements ObjectMapperCustomizer {
  /** Far above what any body needs: rules and budgets have five levels. */
  private static final int MAX_DEPTH = 50;

  private static final int MAX_NUMBER_LENGTH = 100;
  private static final int MAX_NAME_LENGTH = 1_000;

  @Override
  public void customize(ObjectMapper mapper) {
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(MAX_NUMBER_LENGTH)
                .maxNameLength(MAX_NAME_LENGTH)
                .build());
    mapper.registerModule(
        new SimpleModule("tokenledger-text")
            .addDeserializer(String.class, new Text())
            .addDeserializer(Instant.class, new Time())
            .addKeyDeserializer(String.class, new Name()));
  }

  private static final class Text extends StdScalarDeserializer<String> {
    private static final long serialVersionUID = 1L;

    private Text() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return checked(StringDeserializer.instance.deserialize(parser, context), context);
    }

    @Override
    public String deserializeWithType(
        JsonParser parser, DeserializationContext context, TypeDeserializer type)
        throws IOException {
      return deserialize(parser, context);
    }

    private static String checked(String text, DeserializationContext context) throws IOException {
      String fault = text == null ? null : PlainText.fault(text);
      if (fault != null) {
        context.reportInputMismatch(String.class, "it has " + fault);
      }
      return text;
    }
  }

  private static final class Time extends StdScalarDeserializer<Instant> {
    private static final long serialVersionUID = 1L;

    private Time() {
      super(Instant.class);
    }

    @Override
    public Instant deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (!parser.hasToken(JsonToken.VALUE_STRING)) {
        return (Instant) context.handleUnexpectedToken(Instant.class, parser);
      }
      try {
        return Instants.bounded(OffsetDateTime.parse(parser.getText()).toInstant());
      } catch (DateTimeException e) {
        return context.reportInputMismatch(
            Instant.class,
            "it must be RFC 3339, as 2027-01-01T00:00:00Z, and between the years 1970 and 2199");
      }
    }
  }

  private static final class Name extends KeyDeserializer {
    @Override
    public Object deserializeKey(String key, DeserializationContext context) throws IOException {
      String fault = PlainText.fault(key);
      if (fault != null) {
        context.reportInputMismatch(String.class, "a name in it has " + fault);
      }
      return key;
    }
  }
}
