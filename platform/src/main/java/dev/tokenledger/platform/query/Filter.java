package dev.tokenledger.platform.query;

import java.util.List;

/**
 * A filter whose values are numbers of the dictionary.
 *
 * @param ids those of the asked values that ever occurred; an event passes when it has one of them
 */
record Filter(QueryDimension dimension, List<Integer> ids) {
  Filter {
    ids = List.copyOf(ids);
  }
}
