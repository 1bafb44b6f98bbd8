/**
 * Convolutions as operators of ONNX.
 *
 * @module
 */
import type { ConvolutionBuilder } from "../../models/builders/convolutions.ts";
import type { DepthwiseLayers } from "../../models/builders/depthwise_conv.ts";
import { type Attributes, type OnnxOps, type OnnxValue, pair } from "./onnx_ops.ts";
import { toDepthwise, toIohw, toOihw } from "../weight_layouts.ts";

/** All kinds of convolution. */
export function onnxConvolutions(
  ops: OnnxOps,
): ConvolutionBuilder<OnnxValue> & DepthwiseLayers<OnnxValue> {
  return {
    conv(x, options) {
      const { name, filters, kernel, stride = 1, padding = "same", dilation = 1, bias = true } =
        options;
      const filter = ops.graph.float32(`${name}/kernel`, toOihw(ops.weights(`${name}/kernel`)));
      const inputs = [x, filter, ...(bias ? [ops.vector(`${name}/bias`)] : [])];
      const attributes = {
        kernel_shape: pair(kernel),
        strides: pair(stride),
        dilations: pair(dilation),
        ...convPadding({ kernel, stride, padding, dilation }),
      };
      return ops.rectify(ops.add("Conv", inputs, { name, channels: filters, attributes }), options);
    },
    convTranspose(x, { name, filters, kernel, stride, bias = false }) {
      const filter = ops.graph.float32(`${name}/kernel`, toIohw(ops.weights(`${name}/kernel`)));
      const inputs = [x, filter, ...(bias ? [ops.vector(`${name}/bias`)] : [])];
      const cut = kernel - stride;
      const first = Math.floor(cut / 2);
      const attributes = {
        kernel_shape: pair(kernel),
        strides: pair(stride),
        pads: { ints: [first, first, cut - first, cut - first] },
      };
      return ops.add("ConvTranspose", inputs, { name, channels: filters, attributes });
    },
    depthwiseConv(x, options) {
      const { name, kernel, stride = 1, padding = "same", dilation = 1, bias = true } = options;
      const { values, channels } = toDepthwise(ops.weights(`${name}/depthwise_kernel`));
      const filter = ops.graph.float32(`${name}/depthwise_kernel`, values);
      const inputs = [x, filter, ...(bias ? [ops.vector(`${name}/bias`)] : [])];
      const attributes = {
        group: { i: x.channels },
        kernel_shape: pair(kernel),
        strides: pair(stride),
        dilations: pair(dilation),
        ...convPadding({ kernel, stride, padding, dilation }),
      };
      return ops.add("Conv", inputs, { name, channels, attributes });
    },
    separableConv(x, options) {
      const { name, filters, kernel, dilation = 1, bias = true } = options;
      const { values } = toDepthwise(ops.weights(`${name}/depthwise_kernel`));
      const around = dilation * (kernel - 1) / 2;
      const depthwise = ops.add(
        "Conv",
        [x, ops.graph.float32(`${name}/depthwise_kernel`, values)],
        {
          name: `${name}_depthwise`,
          channels: x.channels,
          attributes: {
            group: { i: x.channels },
            dilations: pair(dilation),
            pads: { ints: [around, around, around, around] },
          },
        },
      );
      const pointwise = toOihw(ops.weights(`${name}/pointwise_kernel`));
      const inputs = [
        depthwise,
        ops.graph.float32(`${name}/pointwise_kernel`, pointwise),
        ...(bias ? [ops.vector(`${name}/bias`)] : []),
      ];
      return ops.add("Conv", inputs, { name, channels: filters });
    },
  };
}

function convPadding(
  { kernel, stride, padding, dilation }: {
    kernel: number;
    stride: number;
    padding: "same" | "valid" | number;
    dilation: number;
  },
): Attributes {
  if (padding === "valid") return { auto_pad: { s: "VALID" } };
  const around = dilation * (kernel - 1) / 2;
  // What `same` adds depends on the size of the input, but for odd kernels of stride 1
  if (padding === "same" && (stride > 1 || !Number.isInteger(around))) {
    return { auto_pad: { s: "SAME_UPPER" } };
  }
  const pad = padding === "same" ? around : padding;
  return { pads: { ints: [pad, pad, pad, pad] } };
}
