package dev.tokenledger.bench.nab;

/**
 * What an application gains and loses by detections, as {@code config/profiles.json} has it.
 *
 * @param name such as {@code standard}
 * @param truePositive gained by a detection at the very start of a window
 * @param falsePositive lost by a detection far from any window
 * @param falseNegative lost by a window without a detection
 */
record NabProfile(String name, double truePositive, double falsePositive, double falseNegative) {}
