/** A network of the evidence: where it starts from, and its studies in the thesis. */
export interface Network {
  name: string;
  title: string;
  preset: string;
  /** λ of its own paper, that of the baseline. */
  published: number;
  /** The thesis' sweeps of it, on VOC2012 and CityScapes. */
  thesis: readonly [string, string];
}

/** The networks of the evidence. */
export const NETWORKS: readonly Network[] = [
  {
    name: "fcn8s",
    title: "FCN-8s-VGG16",
    preset: "camvid-small",
    published: 5e-4,
    thesis: ["all-fcn8s-voc", "all-fcn8s-cityscapes"],
  },
  {
    name: "resnet50",
    title: "ResNet-50",
    preset: "camvid-resnet50",
    published: 1e-4,
    thesis: ["all-resnet50-voc", "all-resnet50-cityscapes"],
  },
];

/** What L2 is tried with beside the published λ: none, and what the networks' papers chose. */
const LAMBDAS: readonly [string, number][] = [["0", 0], ["1e-4", 1e-4], ["5e-4", 5e-4]];

/** Whether a row of a sweep is one of L2, without D. */
export function isLambda(row: string): boolean {
  return row === "Baseline" || row.startsWith("λ = ");
}

/** A grid of the thesis' rows: λ as published, the other λ, then D with every temperature. */
export function evidenceGrid(
  { title, preset, published }: Network,
  { data, weights, seeds }: { data: string; weights: string | undefined; seeds: number },
): object {
  const init = weights === undefined ? {} : { "model.init": weights };
  return {
    name: `${title} on ${data.replace(/\/+$/, "").replace(/^.*\//, "")}`,
    preset,
    set: { "data.dir": data, ...init },
    seeds,
    baseline: {
      name: "Baseline",
      "optimizer.weightDecay": published,
      "adversarial.enabled": false,
    },
    trials: trials(published),
  };
}

function trials(published: number): object[] {
  const others = LAMBDAS.filter(([, lambda]) => lambda !== published);
  const adversarial = { "optimizer.weightDecay": 0, "adversarial.discriminator.lr": 1e-4 };
  const at = (tg: number, td: number): object => ({
    ...adversarial,
    "adversarial.tg": tg,
    "adversarial.td": td,
  });
  return [
    ...others.map(([text, lambda]) => ({
      name: `λ = ${text}`,
      "optimizer.weightDecay": lambda,
      "adversarial.enabled": false,
    })),
    { name: "Adversarial", ...at(1, 1) },
    { name: "T_d = 0.5", ...at(1, 0.5) },
    { name: "T_d = 2", ...at(1, 2) },
    { name: "T_g = 0.5", ...at(0.5, 1) },
    { name: "T_g = 2", ...at(2, 1) },
    // How much of T_g = 0.5 is due to the adversarial loss, and how much to L_seg?
    {
      name: "T_g = 0.5, no D",
      "optimizer.weightDecay": 0,
      "loss.temperature": 0.5,
      "adversarial.enabled": false,
    },
    { name: "T_g = 0.5, lr_d = 1e-7", ...at(0.5, 1), "adversarial.discriminator.lr": 1e-7 },
  ];
}
