/** Names of every origin, as its files have them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { networks } from "../../../lib/models/networks/registry.ts";
import type { NameMap } from "../../../lib/weights/name_maps/name_map.ts";

function mapOf(origin: string, network: string): NameMap {
  return networks.get(network).nameMaps.find((map) => map.origin === origin)!;
}

/** Our weight, the network, and the name in a published file. */
const NAMES: Record<string, [network: string, weight: string, published: string][]> = {
  torchvision: [
    ["fcn8s-vgg16", "block1_conv1/kernel", "features.0.weight"],
    ["fcn8s-vgg16", "block2_conv1/kernel", "features.5.weight"],
    ["fcn8s-vgg16", "block5_conv3/bias", "features.28.bias"],
    ["fcn8s-vgg19", "block3_conv4/kernel", "features.16.weight"],
    ["fcn8s-vgg19", "block5_conv4/bias", "features.34.bias"],
    ["fcn8s-vgg16", "fc6/kernel", "classifier.0.weight"],
    ["fcn8s-vgg16", "fc7/bias", "classifier.3.bias"],
    ["fcn8s-vgg16", "fc7/bias", "pre_logits.fc2.bias"],
    ["resnet50", "conv1_conv/kernel", "conv1.weight"],
    ["resnet50", "conv1_conv/kernel", "module.backbone.conv1.weight"],
    ["resnet50", "conv1_bn/gamma", "bn1.weight"],
    ["resnet50", "conv2_block1_0_conv/kernel", "layer1.0.downsample.0.weight"],
    ["resnet50", "conv2_block1_0_bn/moving_variance", "layer1.0.downsample.1.running_var"],
    ["resnet152", "conv4_block36_3_bn/moving_mean", "layer3.35.bn3.running_mean"],
  ],
  Keras: [
    ["fcn8s-vgg16", "block5_conv3/kernel", "block5_conv3/block5_conv3_W_1:0"],
    ["fcn8s-vgg16", "block5_conv3/bias", "block5_conv3/block5_conv3/bias:0"],
    ["fcn8s-vgg16", "fc6/kernel", "fc1/fc1_W_1:0"],
    ["fcn8s-vgg16", "fc7/bias", "fc2/fc2/bias:0"],
    ["resnet50", "conv1_conv/bias", "conv1_conv/conv1_conv/bias:0"],
    ["resnet50", "conv3_block4_2_bn/beta", "resnet50/conv3_block4_2_bn/beta:0"],
    ["resnet101", "conv4_block23_1_conv/kernel", "layers/conv4_block23_1_conv/vars/0"],
    ["resnet101", "conv4_block23_1_bn/moving_variance", "layers/conv4_block23_1_bn/vars/3"],
  ],
  "Keras of 2017": [
    ["resnet50", "conv1_conv/kernel", "conv1/conv1_W_1:0"],
    ["resnet50", "conv1_bn/moving_variance", "bn_conv1/bn_conv1_running_std_1:0"],
    ["resnet50", "conv2_block1_0_conv/kernel", "res2a_branch1/res2a_branch1_W_1:0"],
    ["resnet50", "conv4_block6_3_bn/moving_mean", "bn4f_branch2c/bn4f_branch2c_running_mean_1:0"],
  ],
  "Pytorch-UNet": [
    ["unet", "enc1_conv1/kernel", "inc.double_conv.0.weight"],
    ["unet", "enc1_bn2/moving_mean", "inc.double_conv.4.running_mean"],
    ["unet", "enc5_conv2/kernel", "down4.maxpool_conv.1.double_conv.3.weight"],
    ["unet", "dec1_up/kernel", "module.up1.up.weight"],
    ["unet", "dec4_up/bias", "up4.up.bias"],
    ["unet", "dec4_bn1/gamma", "up4.conv.double_conv.1.weight"],
    ["unet", "score/bias", "outc.conv.bias"],
  ],
  transformers: [
    ["segformer-b0", "stage1_patch/kernel", "segformer.encoder.patch_embeddings.0.proj.weight"],
    [
      "segformer-b0",
      "stage1_block1_query/kernel",
      "segformer.encoder.block.0.0.attention.self.query.weight",
    ],
    ["segformer-b1", "stage2_block2_reduce/bias", "encoder.block.1.1.attention.self.sr.bias"],
    ["segformer-b1", "stage4_norm/gamma", "segformer.encoder.layer_norm.3.weight"],
    [
      "segformer-b0",
      "stage3_block1_depthwise/depthwise_kernel",
      "segformer.encoder.block.2.0.mlp.dwconv.dwconv.weight",
    ],
    ["segformer-b0", "decoder_linear4/kernel", "decode_head.linear_c.3.proj.weight"],
    ["segformer-b0", "decoder_fuse_bn/moving_mean", "decode_head.batch_norm.running_mean"],
    ["segformer-b0", "score/bias", "decode_head.classifier.bias"],
  ],
  timm: [
    ["deeplabv3plus-mobilenetv2", "features0_conv/kernel", "conv_stem.weight"],
    ["unet-mobilenetv3-large", "features0_bn/gamma", "encoder.model.bn1.weight"],
    [
      "unet-mobilenetv3-large",
      "features4_se_fc1/bias",
      "encoder.model.blocks.2.0.se.conv_reduce.bias",
    ],
  ],
  "NVlabs' SegFormer": [
    ["segformer-b0", "stage1_patch_norm/gamma", "backbone.patch_embed1.norm.weight"],
    ["segformer-b0", "stage1_block2_query/bias", "encoder.block1.1.attn.q.bias"],
    ["segformer-b0", "stage2_block1_value/kernel", "backbone.block2.0.attn.kv.weight"],
    ["segformer-b1", "stage4_norm/beta", "norm4.bias"],
    ["segformer-b0", "decoder_linear4/kernel", "decode_head.linear_c4.proj.weight"],
    ["segformer-b0", "decoder_linear4/kernel", "decoder.mlp_stage.0.linear.weight"],
    ["segformer-b0", "decoder_fuse/kernel", "decode_head.linear_fuse.conv.weight"],
    ["segformer-b0", "decoder_fuse_bn/gamma", "decoder.fuse_stage.1.weight"],
    ["segformer-b0", "score/bias", "decode_head.linear_pred.bias"],
    ["segformer-b0", "score/kernel", "segmentation_head.0.weight"],
  ],
  "Fast-SCNN-pytorch": [
    ["fast-scnn", "stem_conv/kernel", "learning_to_downsample.conv.conv.0.weight"],
    ["fast-scnn", "down2_pointwise_bn/beta", "learning_to_downsample.dsconv2.conv.4.bias"],
    [
      "fast-scnn",
      "stage2_block3_depthwise_conv/depthwise_kernel",
      "module.global_feature_extractor.bottleneck2.2.block.1.conv.0.weight",
    ],
    [
      "fast-scnn",
      "pyramid3_bn/moving_mean",
      "global_feature_extractor.ppm.conv3.conv.1.running_mean",
    ],
    ["fast-scnn", "fuse_low_conv/bias", "feature_fusion.conv_lower_res.0.bias"],
    ["fast-scnn", "score/kernel", "classifier.conv.1.weight"],
  ],
  "NumPy (Caffe's names)": [
    ["fcn8s-vgg16", "block3_conv2/kernel", "conv3_2_W"],
    ["fcn8s-vgg16", "fc6/bias", "fc6_b"],
  ],
};

for (const [origin, names] of Object.entries(NAMES)) {
  test(`NameMap.aliases() knows the names of ${origin}`, () => {
    for (const [network, weight, published] of names) {
      const map = mapOf(origin, network);
      const places = map.places(weight).places.map(({ name }) => name);
      const aliases = map.aliases(published);
      assert.ok(aliases.some((alias) => places.includes(alias)), `${published}: ${aliases}`);
    }
  });
}

test("NameMap.input() recognises TensorFlow's ResNet under torchvision's names by its 1001 classes", () => {
  const map = mapOf("torchvision", "resnet50");
  const fileOf = (rows: number) => ({
    path: "",
    format: "safetensors" as const,
    saved: null,
    tensors: new Map([["fc.weight", { dtype: "F32", shape: [rows, 2048] }]]),
    read: () => Promise.reject(new Error("not read")),
    close: () => Promise.resolve(),
  });
  assert.deepEqual(map.input(fileOf(1000)).normalize.std, [58.395, 57.12, 57.375]);
  assert.deepEqual(map.input(fileOf(1001)).normalize.std, [1, 1, 1]);
  assert.equal(map.input(fileOf(1001)).options.stemPool, "same");
  assert.match(map.originOf!(fileOf(1001)), /^TensorFlow/);
});

test("NameMap.places() leaves score layers to a fresh start, everywhere", () => {
  for (const map of [...networks].flatMap(({ nameMaps }) => nameMaps)) {
    assert.equal(map.places("score/kernel").otherwise, "fresh");
  }
  for (const map of networks.get("fcn8s-vgg16").nameMaps) {
    assert.equal(map.places("upscore8/kernel").otherwise, "fresh");
  }
});
