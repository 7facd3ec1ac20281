package dev.tokenledger.standalone;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** The directions in which dependencies point. */
final class ArchitectureTest {
  private static final String MODEL = "dev.tokenledger.model..";
  private static final String EDGE = "dev.tokenledger.edge..";
  private static final String PLATFORM = "dev.tokenledger.platform..";
  private static final String INGEST = "dev.tokenledger.ingest..";
  private static final String AGGREGATION = "dev.tokenledger.aggregation..";
  private static final String ALERTING = "dev.tokenledger.alerting..";
  private static final String REPORTING = "dev.tokenledger.reporting..";
  private static final String GATEWAY = "dev.tokenledger.gateway..";
  private static final String STANDALONE = "dev.tokenledger.standalone..";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.tokenledger");

  private static final DescribedPredicate<JavaClass> FLOATING_POINT =
      DescribedPredicate.describe(
          "floating point",
          type ->
              type.getBaseComponentType().isEquivalentTo(double.class)
                  || type.getBaseComponentType().isEquivalentTo(float.class)
                  || type.getBaseComponentType().isEquivalentTo(Double.class)
                  || type.getBaseComponentType().isEquivalentTo(Float.class));

  @Test
  void modelKnowsNothingOfOurs() {
    noClasses()
        .that()
        .resideInAPackage(MODEL)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PLATFORM, INGEST, AGGREGATION, ALERTING, REPORTING, STANDALONE)
        .check(CLASSES);
  }

  @Test
  void modelIsPlainJavaWithoutHttpSqlOrRedis() {
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
            "java.net.http..")
        .check(CLASSES);
  }

  @Test
  void platformKnowsNoService() {
    noClasses()
        .that()
        .resideInAPackage(PLATFORM)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(INGEST, AGGREGATION, ALERTING, REPORTING, STANDALONE)
        .check(CLASSES);
  }

  @Test
  void ingestKnowsNoOtherService() {
    alone(INGEST).check(CLASSES);
  }

  @Test
  void aggregationKnowsNoOtherService() {
    alone(AGGREGATION).check(CLASSES);
  }

  @Test
  void alertingKnowsNoOtherService() {
    alone(ALERTING).check(CLASSES);
  }

  @Test
  void reportingKnowsNoOtherService() {
    alone(REPORTING).check(CLASSES);
  }

  @Test
  void gatewayKnowsServicesByTheirAddressesOnly() {
    noClasses()
        .that()
        .resideInAPackage(GATEWAY)
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.tokenledger..")
                .and(DescribedPredicate.not(resideInAPackage(GATEWAY)))
                .and(DescribedPredicate.not(resideInAPackage(EDGE))))
        .check(CLASSES);
  }

  @Test
  void theEdgeKnowsNothingOfOurs() {
    noClasses()
        .that()
        .resideInAPackage(EDGE)
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.tokenledger..")
                .and(DescribedPredicate.not(resideInAPackage(EDGE))))
        .check(CLASSES);
  }

  @Test
  void featuresOfTheModelHaveNoCycles() {
    slices().matching("dev.tokenledger.model.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void featuresOfThePlatformHaveNoCycles() {
    slices().matching("dev.tokenledger.platform.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void featuresOfTheServicesHaveNoCycles() {
    slices()
        .matching("dev.tokenledger.(ingest|aggregation|alerting|reporting).(*)..")
        .should()
        .beFreeOfCycles()
        .check(CLASSES);
  }

  @Test
  void moneyIsNeverKeptAsFloatingPoint() {
    fields()
        .that()
        .areDeclaredInClassesThat(money())
        .should()
        .notHaveRawType(FLOATING_POINT)
        .check(CLASSES);
  }

  @Test
  void moneyIsNeverComputedAsFloatingPoint() {
    methods()
        .that()
        .areDeclaredInClassesThat(money())
        .should()
        .notHaveRawReturnType(FLOATING_POINT)
        .andShould()
        .notHaveRawParameterTypes(DescribedPredicate.anyElementThat(FLOATING_POINT))
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> money() {
    return resideInAPackage("dev.tokenledger.model.money..")
        .or(resideInAPackage("dev.tokenledger.model.price.."))
        .or(resideInAPackage("dev.tokenledger.model.rollup.."))
        .or(resideInAPackage("dev.tokenledger.ingest.pricing.."))
        .or(resideInAPackage("dev.tokenledger.alerting.budget.."))
        .or(resideInAPackage("dev.tokenledger.alerting.rule.."));
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
