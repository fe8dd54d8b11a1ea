// Descriptions of experiments, each asked for once.

import { metricFacts } from "./explain.js";
import { spoken } from "./numbers.js";

const asked = new Map();
const known = new Map();

// The description of an experiment, as a promise.
export function describe(link, experiment) {
  if (!asked.has(experiment)) {
    const answer = link.ask("Describe", { experiment });
    answer.then((description) => known.set(experiment, description), () => asked.delete(experiment));
    asked.set(experiment, answer);
  }
  return asked.get(experiment);
}

// What is known of a metric by now; asks for the rest, so that it is there the next time.
export function aboutMetric(link, experiment, metric) {
  const description = known.get(experiment);
  if (description) return metricFacts(metric, description);
  describe(link, experiment).catch(() => {});
  return { title: spoken(metric) };
}
