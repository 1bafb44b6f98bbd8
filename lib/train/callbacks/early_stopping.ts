import { scoreBy, usableMetric } from "../../metrics/scores.ts";
import type { Callback, TrainContext } from "./callback.ts";

/** Ends a run whose score does not rise for `validation.patience` validations. */
export function earlyStopping({ session, state, warn }: TrainContext): Callback {
  const { patience, every } = session.config.validation;
  // Counted from what a checkpoint keeps, so that a resumed run ends where it would have
  const isOver = (): boolean =>
    patience !== null && state.best !== null && state.last !== null &&
    state.last.epoch - state.best.epoch >= patience * every;
  return {
    endReason: () => isOver() ? "early-stop" : null,
    async onEvent({ type }) {
      if (type !== "sample" || !isOver()) return;
      const metric = usableMetric(session.config.validation.metric, state.best!);
      const score = (scoreBy(metric, state.best!) * 100).toFixed(2);
      await warn(
        `the run ends here: ${metric} was no better than ${score} % of epoch ` +
          `${state.best!.epoch} in ${patience} validations (validation.patience)`,
      );
    },
  };
}
