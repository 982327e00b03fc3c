#pragma once

#include "plugins/patches/pod_draws.h"

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace assay::patches::pod {

/// What a random patch of the training shows. Strack et al. 2024 (POD), section 3 and the released code.
enum class Family {
    Cutout,   ///< black
    Noise,    ///< grey uniform noise of drawn contrast and brightness, as often blurred as not
    Inverted, ///< a part of the same image, every value v turned into 1 - v
    Geometry, ///< circles, ellipses and triangles; in the released code, not in the paper
};

/// "cutout", "noise", "inv", "geometry".
const char* familyName(Family family);
/// @throws Error naming the four for any other name.
Family familyFromName(const std::string& name);

/// How training images are covered. Differs from the released code: sides are fractions of the image's
/// shorter side, so that they mean the same for images of any size (8 .. 64 of 640 pixels there), one range
/// for all families (10 .. 64 for cutout there), and the blur's sigma follows the range of sides (2 .. 6 at
/// 64 there).
struct RandomPatches
{
    std::vector<Family> families = {Family::Cutout, Family::Noise, Family::Inverted};
    int count = 5;             ///< per image
    double sideLow = 0.0625;   ///< of the shorter side of the image, before rotation
    double sideHigh = 0.16667; ///< likewise
};

/// A pasted patch as the detector is taught to find it: an upright square, in pixels of the image.
struct PastedPatch
{
    std::int64_t image = 0; ///< row of the batch
    float x = 0;            ///< left
    float y = 0;            ///< top
    float width = 0;
    float height = 0;
    Family family = Family::Cutout;
};

/// A square of @p side x @p side values of one channel in [0,1], row by row.
struct PatchPixels
{
    int side = 0;
    std::vector<float> values;
};

/// A rotated square and where it lies.
struct PastePlace
{
    int left = 0; ///< of the upright square of side diagonal() that holds it
    int top = 0;
    double degrees = 0; ///< counter-clockwise
};

/// Side of the upright square in which a square of that side can turn: ceil(sqrt(2) side).
int diagonal(int side);

/// The label of a patch at that place: its centre is the patch's, its side side + floor(diagonal / 4), about
/// 1.35 times the patch's and so the mean over all angles of the box around it.
PastedPatch labelOf(int side, const PastePlace& place);

/// Writes @p patch over all channels of @p image (float32 [C,H,W] on the CPU, contiguous), rotated, nearest
/// neighbour. Which pixels it covers follows from the geometry alone: black ones are as opaque as others.
/// Pixels outside of the image are left out.
void paste(const torch::Tensor& image, const PatchPixels& patch, const PastePlace& place);

/// What a patch of @p family shows. @param image float32 [C,H,W] on the CPU, of which Inverted takes a part
/// (its first channel). @param side at most the image's shorter side. @param blurSigmaHigh pixels, of blurred
/// noise (drawn from a third of it upwards).
PatchPixels drawPatch(Family family, int side, const torch::Tensor& image, double blurSigmaHigh,
                      Draws& draws);

/// Pastes random patches one after another anywhere into each image: even sides, any angle, wholly inside.
/// Sides are cut down to what can turn in the image; images in which no square of two pixels can turn are
/// left as they are.
/// @param images float32 [N,C,H,W] in [0,1] on the CPU, contiguous; written in place.
/// @param which  int64 or bool [N]: rows of 0 are left alone (the released code leaves images without
/// labels);
///               undefined: all are covered.
/// @returns the labels, by ascending image. Deterministic for a state of @p draws.
/// @throws Error for other shapes or types, no family, or a range of sides outside (0,1].
std::vector<PastedPatch> pasteRandomPatches(const torch::Tensor& images, const RandomPatches& how,
                                            Draws& draws, const torch::Tensor& which = {});

/// Pastes @p patches (each float32 [S,S] in [0,1] on the CPU, any S) the same way, resized by nearest
/// neighbour to the drawn sides: what adversarial training does with patches it has learned.
std::vector<PastedPatch> pasteStoredPatches(const torch::Tensor& images,
                                            const std::vector<torch::Tensor>& patches,
                                            const RandomPatches& how, Draws& draws,
                                            const torch::Tensor& which = {});

} // namespace assay::patches::pod
