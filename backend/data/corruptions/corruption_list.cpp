#include "backend/data/corruptions/changes.h"
#include "backend/data/corruptions/corruption.h"

namespace assay::data {

namespace {

using Group = CorruptionGroup;

std::vector<Corruption> noises()
{
    return {
        {.id = "gaussian_noise",
         .title = "Gaussian noise",
         .group = Group::Noise,
         .random = true,
         .summary = "Normal noise on each value; standard deviations as published.",
         .change = addGaussianNoise},
        {.id = "shot_noise",
         .title = "Shot noise",
         .group = Group::Noise,
         .random = true,
         .summary = "Photons counted one by one: Poisson draws with as many photons to white as published.",
         .change = drawShotNoise},
        {.id = "speckle_noise",
         .title = "Speckle noise",
         .group = Group::Noise,
         .random = true,
         .summary = "Normal noise in proportion to each value; standard deviations as published.",
         .change = addSpeckleNoise},
        {.id = "impulse_noise",
         .title = "Impulse noise",
         .group = Group::Noise,
         .random = true,
         .summary = "Salt and pepper: a share of the values, as published, becomes 0 or 1, each as often.",
         .change = addImpulseNoise},
    };
}

std::vector<Corruption> blurs()
{
    return {
        {.id = "gaussian_blur",
         .title = "Gaussian blur",
         .group = Group::Blur,
         .summary = "Gaussian smoothing; widths as published.",
         .change = blurGaussian},
        {.id = "defocus_blur",
         .title = "Defocus blur",
         .group = Group::Blur,
         .summary = "A disk, softened; radii and softening as published, where the disks of the first three "
                    "levels are a single pixel. Between levels the two filters are mixed.",
         .change = blurDefocus},
        {.id = "glass_blur",
         .title = "Glass blur",
         .group = Group::Blur,
         .random = true,
         .monotone = false,
         .summary =
             "Smoothed, each pixel exchanged with one up to a pixel away, once or twice, and smoothed again; "
             "widths, ways and passes as published, whose code overwrites colour pixels where it means to "
             "exchange them. Between levels their images are mixed. Level 4 exchanges more and smooths less "
             "than level 3, so damage need not grow.",
         .change = blurAsGlass},
        {.id = "motion_blur",
         .title = "Motion blur",
         .group = Group::Blur,
         .random = true,
         .summary = "Smeared to one side along a random direction within 45 degrees of the horizontal; radii "
                    "and widths as published for ImageMagick's filter, written anew.",
         .change = blurMotion},
        {.id = "zoom_blur",
         .title = "Zoom blur",
         .group = Group::Blur,
         .summary =
             "The mean of the image and of its enlargements by steps of 1 %, as many as published. They "
             "are true enlargements about the centre; the published code rounds them to whole pixels.",
         .change = blurZoom},
    };
}

std::vector<Corruption> weathers()
{
    return {
        {.id = "snow",
         .title = "Snow",
         .group = Group::Weather,
         .random = true,
         .summary =
             "Falling flakes over a whitened image; constants as published. Flakes are enlarged about the "
             "centre and keep full depth; the published code rounds both. Where levels differ in the size of "
             "flakes, one sort gives way to the other.",
         .change = letItSnow},
        {.id = "fog",
         .title = "Fog",
         .group = Group::Weather,
         .random = true,
         .summary = "A cloudy texture of the diamond-square algorithm laid over the image; constants as "
                    "published.",
         .change = addFog},
        {.id = "frost",
         .title = "Frost (drawn)",
         .group = Group::Weather,
         .random = true,
         .monotone = false,
         .summary = "Drawn ice crystals over a cloudy film, mixed in with the published weights. Not the "
                    "published corruption, which takes cut-outs of photographs of ice: do not compare "
                    "numbers. From severity 2 on the image darkens below the ice, so damage need not grow.",
         .change = addFrost},
        {.id = "spatter",
         .title = "Spatter",
         .group = Group::Weather,
         .random = true,
         .monotone = false,
         .summary =
             "Drops on the lens, constants as published: water up to severity 3, mud from 4 on; between "
             "levels one image fades into the next. Water adds light and mud takes it, so damage need not "
             "grow.",
         .change = addSpatter},
        {.id = "brightness",
         .title = "Brightness",
         .group = Group::Weather,
         .summary = "Value (of hue, saturation and value) raised by as much as published.",
         .change = brighten},
    };
}

std::vector<Corruption> digitals()
{
    return {
        {.id = "contrast",
         .title = "Contrast",
         .group = Group::Digital,
         .summary = "Differences from each channel's mean are shrunk; factors as published.",
         .change = lowerContrast},
        {.id = "saturate",
         .title = "Saturation",
         .group = Group::Digital,
         .colourOnly = true,
         .monotone = false,
         .summary =
             "Saturation scaled and shifted as published: levels 1 and 2 take colour away, 3 to 5 add it, "
             "so that the way from 2 to 3 passes the clean image at about 2.64. Colour images only.",
         .change = changeSaturation},
        {.id = "pixelate",
         .title = "Pixelate",
         .group = Group::Digital,
         .monotone = false,
         .summary = "Reduced to the published fractions of the side and enlarged again, both by box filters. "
                    "Between the levels in steps of one pixel; where the borders of the new pixels fall "
                    "matters as much as a step, so damage need not grow with each.",
         .change = pixelate},
        {.id = "jpeg_compression",
         .title = "JPEG compression",
         .group = Group::Digital,
         .summary =
             "Written as JPEG with the published qualities (chroma at half resolution) and read again. "
             "Below severity 1 the result of quality 80 is mixed in.",
         .change = compressAsJpeg},
    };
}

std::vector<Corruption> geometries()
{
    return {
        {.id = "elastic_transform",
         .title = "Elastic transform",
         .group = Group::Geometry,
         .random = true,
         .monotone = false,
         .summary =
             "A random affine shift, then bending by smoothed noise; constants as published. From level to "
             "level the shift shrinks while the bending grows and gets finer, so damage need not grow.",
         .change = bendElastically},
        {.id = "rotation",
         .title = "Rotation",
         .group = Group::Geometry,
         .monotone = false,
         .summary =
             "Turned counter-clockwise by 12 degrees a level about the centre; what comes into view is "
             "black, most of it at 45 degrees. Not part of the published sets.",
         .change = rotate},
    };
}

std::vector<Corruption> allCorruptions()
{
    std::vector<Corruption> all;
    for (std::vector<Corruption> group : {noises(), blurs(), weathers(), digitals(), geometries()})
        all.insert(all.end(), group.begin(), group.end());
    return all;
}

} // namespace

const std::vector<Corruption>& corruptions()
{
    static const std::vector<Corruption> all = allCorruptions();
    return all;
}

} // namespace assay::data
