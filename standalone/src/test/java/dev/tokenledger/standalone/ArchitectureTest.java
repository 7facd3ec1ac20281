package dev.tokenledger.standalone;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The directions in which dependencies point. */
@AnalyzeClasses(packages = "dev.tokenledger", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  private static final String MODEL = "dev.tokenledger.model..";
  private static final String PLATFORM = "dev.tokenledger.platform..";
  private static final String INGEST = "dev.tokenledger.ingest..";
  private static final String AGGREGATION = "dev.tokenledger.aggregation..";
  private static final String ALERTING = "dev.tokenledger.alerting..";
  private static final String REPORTING = "dev.tokenledger.reporting..";
  private static final String STANDALONE = "dev.tokenledger.standalone..";

  private static final DescribedPredicate<JavaClass> FLOATING_POINT =
      DescribedPredicate.describe(
          "floating point",
          type ->
              type.getBaseComponentType().isEquivalentTo(double.class)
                  || type.getBaseComponentType().isEquivalentTo(float.class)
                  || type.getBaseComponentType().isEquivalentTo(Double.class)
                  || type.getBaseComponentType().isEquivalentTo(Float.class));

  @ArchTest
  static final ArchRule modelKnowsNothingOfOurs =
      noClasses()
          .that()
          .resideInAPackage(MODEL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(PLATFORM, INGEST, AGGREGATION, ALERTING, REPORTING, STANDALONE);

  @ArchTest
  static final ArchRule modelIsPlainJavaWithoutHttpSqlOrRedis =
      noClasses()
          .that()
          .resideInAPackage(MODEL)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "jakarta..",
              "io.quarkus..",
              "io.smallrye..",
              "io.vertx..",
              "java.sql..",
              "java.net.http..");

  @ArchTest
  static final ArchRule platformKnowsNoService =
      noClasses()
          .that()
          .resideInAPackage(PLATFORM)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(INGEST, AGGREGATION, ALERTING, REPORTING, STANDALONE);

  @ArchTest static final ArchRule ingestKnowsNoOtherService = alone(INGEST);

  @ArchTest static final ArchRule aggregationKnowsNoOtherService = alone(AGGREGATION);

  @ArchTest static final ArchRule alertingKnowsNoOtherService = alone(ALERTING);

  @ArchTest static final ArchRule reportingKnowsNoOtherService = alone(REPORTING);

  @ArchTest
  static final ArchRule featuresOfTheModelHaveNoCycles =
      slices().matching("dev.tokenledger.model.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule featuresOfThePlatformHaveNoCycles =
      slices().matching("dev.tokenledger.platform.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule featuresOfTheServicesHaveNoCycles =
      slices()
          .matching("dev.tokenledger.(ingest|aggregation|alerting|reporting).(*)..")
          .should()
          .beFreeOfCycles();

  @ArchTest
  static final ArchRule moneyIsNeverKeptAsFloatingPoint =
      fields().that().areDeclaredInClassesThat(money()).should().notHaveRawType(FLOATING_POINT);

  @ArchTest
  static final ArchRule moneyIsNeverComputedAsFloatingPoint =
      methods()
          .that()
          .areDeclaredInClassesThat(money())
          .should()
          .notHaveRawReturnType(FLOATING_POINT)
          .andShould()
          .notHaveRawParameterTypes(DescribedPredicate.anyElementThat(FLOATING_POINT));

  private static DescribedPredicate<JavaClass> money() {
    return resideInAPackage("dev.tokenledger.model.money..")
        .or(resideInAPackage("dev.tokenledger.model.price.."))
        .or(resideInAPackage("dev.tokenledger.model.rollup.."))
        .or(resideInAPackage("dev.tokenledger.ingest.pricing.."))
        .or(resideInAPackage("dev.tokenledger.alerting.budget.."));
  }

  private static ArchRule alone(String service) {
    return noClasses()
        .that()
        .resideInAPackage(service)
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.tokenledger..")
                .and(DescribedPredicate.not(resideInAPackage(service)))
                .and(DescribedPredicate.not(resideInAPackage(PLATFORM)))
                .and(DescribedPredicate.not(resideInAPackage(MODEL))));
  }
}
