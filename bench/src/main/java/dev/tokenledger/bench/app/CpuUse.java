package dev.tokenledger.bench.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How the processes share the processors, from {@code /proc}. A process counts with its
 * descendants, save those that are measured under a name of their own.
 */
public final class CpuUse {
  /** Clock ticks of {@code /proc/PID/stat} in a second; Linux has 100 on all usual platforms. */
  private static final double TICKS = 100;

  private final Map<String, Long> processes;
  private final Map<String, Long> before = new LinkedHashMap<>();
  private final long startNanos = System.nanoTime();

  private CpuUse(Map<String, Long> processes) throws IOException {
    this.processes = processes;
    for (Map.Entry<String, Long> process : processes.entrySet()) {
      before.put(process.getKey(), ticks(process.getValue()));
    }
  }

  /** Starts measuring processes, by name. */
  public static CpuUse of(Map<String, Long> pids) throws IOException {
    return new CpuUse(new LinkedHashMap<>(pids));
  }

  /** Processors used on average since the start, such as {@code 0.84}, by name. */
  public Map<String, Double> soFar() throws IOException {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    Map<String, Double> use = new LinkedHashMap<>();
    for (Map.Entry<String, Long> process : processes.entrySet()) {
      long used = ticks(process.getValue()) - before.getOrDefault(process.getKey(), 0L);
      use.put(process.getKey(), used / TICKS / seconds);
    }
    return use;
  }

  public static String text(Map<String, Double> use) {
    StringBuilder text = new StringBuilder();
    use.forEach(
        (name, processors) ->
            text.append(text.isEmpty() ? "" : ", ")
                .append(String.format(Locale.ROOT, "%s %.2f", name, processors)));
    return text.toString();
  }

  private long ticks(long pid) throws IOException {
    long ticks = ticksOfOne(pid);
    List<ProcessHandle> children =
        ProcessHandle.of(pid).stream().flatMap(ProcessHandle::children).toList();
    for (ProcessHandle child : children) {
      if (!processes.containsValue(child.pid())) {
        try {
          ticks += ticks(child.pid());
        } catch (NoSuchFileException e) {
          // It has ended; its parent counts it from now on.
          continue;
        }
      }
    }
    return ticks;
  }

  private static long ticksOfOne(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    // After the name, which may have spaces; then state is field 3 and utime field 14.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    long ticks = 0;
    for (int field = 14; field <= 17; field++) {
      ticks += Long.parseLong(fields[field - 3]);
    }
    return ticks;
  }

  /** Resident memory of a process in MiB. */
  public static long residentMebibytes(long pid) throws IOException {
    return status(pid, "VmRSS:");
  }

  /** The most that a process has had resident so far, in MiB. */
  public static long peakMebibytes(long pid) throws IOException {
    return status(pid, "VmHWM:");
  }

  private static long status(long pid, String line) throws IOException {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
          .filter(each -> each.startsWith(line))
          .mapToLong(each -> Long.parseLong(each.replaceAll("[^0-9]", "")) / 1024)
          .findFirst()
          .orElse(0);
    } catch (NoSuchFileException e) {
      throw new IOException("there is no process " + pid, e);
    }
  }
}
