package org.logitkernels.peers;

import java.util.Map;

/** The parameters of a call: given, or at their defaults. */
record Given(Map<String, Number> parameters) {
  boolean has(String name) {
    return parameters.containsKey(name);
  }

  double real(String name, double otherwise) {
    return has(name) ? parameters.get(name).doubleValue() : otherwise;
  }

  int whole(String name, int otherwise) {
    return has(name) ? parameters.get(name).intValue() : otherwise;
  }

  /** Rejects the parameters, as the system does, if a condition of its does not hold. */
  static void require(boolean holds, String condition) throws PeerPipeline.Rejected {
    if (!holds) {
      throw new PeerPipeline.Rejected(condition);
    }
  }
}
