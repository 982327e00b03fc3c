#pragma once

#include "backend/models/direct/kernels.h"
#include "backend/models/direct/products.h"
#include "backend/models/local_changes.h"
#include "backend/models/model.h"

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace assay::models::direct {

/// A convolution with a square kernel, batch normalisation folded in.
struct FoldedConvolution
{
    torch::Tensor weight; ///< float32 [O,I,k,k]
    torch::Tensor bias;   ///< float32 [O], or undefined
    std::int64_t stride = 1;
    std::int64_t padding = 1;
};

/// A network of a few kinds of layers that runs image by image, so that an image stays in the processor's
/// cache from the first layer to the last, and back: logits, and gradients in the pixels. Layers are added in
/// the order they are computed; finish() ends that, and what is finished is immutable and safe from several
/// threads. For the CPU. Results are those of ATen's operators up to rounding, and those of one image do not
/// depend on the batch it is in, not even in the last digit.
class DirectNetwork
{
public:
    /// An image between layers: an index. The input is the first.
    using Node = int;
    static constexpr Node kInput = 0;

    explicit DirectNetwork(InputSpec input);

    // Layers over images.

    Node convolution(Node from, const FoldedConvolution& layer, bool relu);
    /// @p sum += convolution of @p from, then a ReLU: the end of a residual block.
    void addConvolution(Node sum, Node from, const FoldedConvolution& layer);
    Node copy(Node from);
    /// 2x2 windows of stride 2, the last odd row and column left out.
    Node maxPool(Node from);

    // From images to features, once. Without either, linear layers see the pixels in order C, H, W.

    void flatten(Node from);
    void mean(Node from);

    /// @param weight float32 [O,I]. @param bias float32 [O].
    void linear(const torch::Tensor& weight, const torch::Tensor& bias, bool relu);

    void finish();
    /// Whether it is the faster way: weights of wide convolutions leave the cache between two images.
    bool isWorthwhile() const { return m_largestConvolution <= kMostWeights; }

    /// Logits [N,K] of @p x, float32 [N,C,H,W] on the CPU. @p tape, when not null, receives what gradient()
    /// needs; when null, convolutions go by tiles (tiles.h), and logits differ by rounding.
    torch::Tensor forward(const torch::Tensor& x, torch::Tensor* tape) const;
    /// Gradient in the pixels [N,C,H,W], from the one in the logits, [N,K], and forward()'s tape.
    torch::Tensor gradient(const torch::Tensor& logitsGradient, const torch::Tensor& tape) const;

    // forward() in parts, for passes that compute again only what a change reaches (LocalImages,
    // LocalPixels).

    const InputSpec& input() const { return m_input; }
    Region wholeInput() const;
    /// Whether it begins with layers over images; else linear layers see the pixels.
    bool hasImages() const { return m_features.has_value(); }

    /// Float32 numbers of all images that layers make of one, the input among them, with their margins, which
    /// must be zero. `values` below are so many.
    std::int64_t valueNumbers() const { return m_valueNumbers; }
    /// Which @p parts of these images, by Node, depend on the @p changed pixels of the input.
    void affected(const Region& changed, std::vector<Region>& parts) const;
    /// Takes part of an image, @p pixels [C,H,W], over.
    void load(const float* pixels, const Region& part, float* values) const;
    /// Runs the layers over images for @p parts of them, all else being right.
    void recompute(const std::vector<Region>& parts, float* values) const;
    /// Numbers of @p parts.
    std::size_t numbersOf(const std::vector<Region>& parts) const;
    void save(const std::vector<Region>& parts, const float* values, float* saved) const;
    void restore(const std::vector<Region>& parts, const float* saved, float* values) const;
    /// What the first linear layer takes of an image.
    std::int64_t featureNumbers() const { return m_linear.front().inStride; }
    void gatherFeatures(const float* values, float* features) const;
    /// Logits [N,K] of @p features, [N, featureNumbers()].
    torch::Tensor logitsOfFeatures(const torch::Tensor& features) const;

    /// Of a network without layers over images: how many sums W x + b the first linear layer has, padded.
    std::int64_t sumNumbers() const { return m_linear.front().outStride(); }
    /// These @p sums [count, sumNumbers()] of @p pixels [count,C,H,W].
    void firstSums(const float* pixels, std::int64_t count, float* sums) const;
    /// Adds to one image's @p sums what the @p differences of its @p pixels do, which are numbers in [C,H,W].
    void addToSums(const std::vector<std::int64_t>& pixels, const std::vector<float>& differences,
                   float* sums) const;
    /// Logits [N,K] of @p sums, [N, sumNumbers()].
    torch::Tensor logitsOfSums(const torch::Tensor& sums) const;

private:
    static constexpr std::int64_t kPoolSide = 2;
    /// Convolutions that tiles.h takes over, of at least so many channels before and after: of fewer, the
    /// additions take as long as the multiplications that they save.
    static constexpr std::int64_t kTiledKernel = 3;
    static constexpr std::int64_t kLeastTiled = 16;
    /// And of at most so many pairs of channels: their tiles' weights must stay in the second cache.
    static constexpr std::int64_t kMostTiled = std::int64_t(1) << 13;
    /// Float32 numbers of one convolution.
    static constexpr std::int64_t kMostWeights = std::int64_t(1) << 17;

    /// Where an image lies in the memory of a pass: channels last, with a margin of zeros around it, once as
    /// values and once as gradients.
    struct Image
    {
        std::int64_t channels = 0;
        std::int64_t height = 0;
        std::int64_t width = 0;
        std::int64_t stride = 0; ///< of pixels: channels, padded but for the input
        bool rectified = false;
        std::int64_t margin = 0;
        std::int64_t gradientMargin = 0;
        std::int64_t values = 0;    ///< where it begins, margin included
        std::int64_t gradients = 0; ///< the same of its gradient
        std::int64_t row(std::int64_t around) const { return (width + 2 * around) * stride; }
        std::int64_t size(std::int64_t around) const { return (height + 2 * around) * row(around); }
        std::int64_t origin(std::int64_t around) const { return around * (row(around) + stride); }
        std::int64_t numbers() const { return height * width * stride; }
        /// Where a pixel's values are.
        std::int64_t at(std::int64_t y, std::int64_t x) const
        {
            return values + (margin + y) * row(margin) + (margin + x) * stride;
        }
        Region whole() const { return {.bottom = height, .right = width}; }
    };

    /// The input pixels, or of a strided convolution every s-th row and column of them, as a convolution of
    /// the gradient of its output.
    struct Phase
    {
        std::int64_t row = 0; ///< the first of its pixels
        std::int64_t column = 0;
        std::vector<std::int64_t> down; ///< of each tap: where in the output's gradient, in pixels
        std::vector<std::int64_t> right;
        std::vector<std::int64_t> taps; ///< the same as distances
        torch::Tensor weights;          ///< [tap][O][I]
    };

    enum class Kind { Convolution, Copy, MaxPool };
    struct Layer
    {
        Kind kind = Kind::Copy;
        Node from = 0;
        Node to = 0;
        bool accumulate = false;         ///< adds to what `to` holds
        bool relu = false;               ///< of `to`, once this is added
        bool accumulateGradient = false; ///< `from` has got a gradient before
        std::int64_t mask = -1;          ///< where on the tape; -1: nobody needs it
        std::int64_t kernel = 0;
        std::int64_t stride = 1;
        std::int64_t padding = 0;
        std::int64_t depth = 0; ///< of a tap
        std::vector<std::int64_t> taps;
        torch::Tensor weights; ///< [tap][depth][O]
        torch::Tensor bias;
        std::vector<Phase> phases;  ///< of the gradient in `from`
        torch::Tensor inputWeights; ///< [O][k*k*I], in place of phases where `from` is the input
        torch::Tensor tiles;        ///< of tileWeights(), where whole images may go by tiles
    };

    struct Linear
    {
        std::int64_t in = 0;
        std::int64_t inStride = 0; ///< of what comes in, per image
        std::int64_t out = 0;
        bool relu = false;
        torch::Tensor weights; ///< [in][out]
        torch::Tensor bias;
        torch::Tensor back;     ///< [out][in]
        std::int64_t mask = -1; ///< where in an image's masks of linear layers
        std::int64_t outStride() const { return bias.size(0); }
        std::int64_t backStride() const { return back.numel() / out; }
    };

    Node addImage(std::int64_t channels, std::int64_t height, std::int64_t width, bool rectified);
    Layer& addLayer(Kind kind, Node from, Node to);
    void addConvolutionLayer(Node from, Node to, const FoldedConvolution& layer);
    void addPhases(Layer& layer, const torch::Tensor& weight) const;
    void foldInput(torch::Tensor& weight, torch::Tensor& bias) const;
    torch::Tensor inMemoryOrder(const torch::Tensor& weight) const;
    void layOutMemory();
    void linkGradients();
    void layOutTape();
    bool feedsPoolingOnly(Node node) const;

    Region affectedBy(const Layer& layer, const Region& part) const;
    template <class Body>
    void forEachRow(const std::vector<Region>& parts, Body body) const;
    /// The whole result of a layer that has tiles.
    void runTiles(const Layer& layer, float* values) const;
    /// @param part of the result; its digits do not depend on what part that is. @param masks null unless it
    /// is all of it.
    void runLayer(const Layer& layer, const Region& part, float* values, std::uint8_t* masks) const;
    /// @p in and @p out are rows of @p count images.
    static Product productOf(const Linear& layer, const float* in, float* out, std::int64_t count, bool relu);
    /// Logits of what goes into the linear layer @p first.
    torch::Tensor runLinear(torch::Tensor features, std::size_t first, std::uint8_t* masks) const;
    void spreadFeatures(const float* features, float* gradients) const;
    void runLayerBack(const Layer& layer, float* gradients, const std::uint8_t* masks, float* pixels) const;
    void convolutionBack(const Layer& layer, float* gradients) const;
    void inputBack(const Layer& layer, float* gradients, float* pixels) const;
    double gain(std::int64_t channel) const;
    double centre(std::int64_t channel) const;
    /// The plane of the pixels that the network's @p channel is made of.
    std::int64_t plane(std::int64_t channel) const;

    InputSpec m_input;
    std::vector<Image> m_images;
    std::vector<Layer> m_layers;
    std::vector<Linear> m_linear;
    std::optional<Node> m_features; ///< the image that flatten() or mean() took
    bool m_mean = false;
    bool m_finished = false;
    std::int64_t m_largestConvolution = 0;
    // Of one image.
    std::int64_t m_valueNumbers = 0;
    std::int64_t m_gradientNumbers = 0;
    std::int64_t m_workNumbers = 0; ///< what inputBack() works in, after the gradients
    std::int64_t m_layerMasks = 0;
    std::int64_t m_linearMasks = 0;
    torch::Tensor m_zeros; ///< a bias for gradients
};

} // namespace assay::models::direct
