#pragma once

namespace assay::data {

struct ImagePlanes;
class SampleRandom;

// What corruptions() lists; each changes one image in place, severity in (0,5]. Constants stand beside the
// code.

void addGaussianNoise(const ImagePlanes& image, double severity, SampleRandom& random);
void drawShotNoise(const ImagePlanes& image, double severity, SampleRandom& random);
void addSpeckleNoise(const ImagePlanes& image, double severity, SampleRandom& random);
void addImpulseNoise(const ImagePlanes& image, double severity, SampleRandom& random);

void blurGaussian(const ImagePlanes& image, double severity, SampleRandom& random);
void blurDefocus(const ImagePlanes& image, double severity, SampleRandom& random);
void blurAsGlass(const ImagePlanes& image, double severity, SampleRandom& random);
void blurMotion(const ImagePlanes& image, double severity, SampleRandom& random);
void blurZoom(const ImagePlanes& image, double severity, SampleRandom& random);

void letItSnow(const ImagePlanes& image, double severity, SampleRandom& random);
void addFog(const ImagePlanes& image, double severity, SampleRandom& random);
void addFrost(const ImagePlanes& image, double severity, SampleRandom& random);
void addSpatter(const ImagePlanes& image, double severity, SampleRandom& random);

void brighten(const ImagePlanes& image, double severity, SampleRandom& random);
void lowerContrast(const ImagePlanes& image, double severity, SampleRandom& random);
void changeSaturation(const ImagePlanes& image, double severity, SampleRandom& random);
void pixelate(const ImagePlanes& image, double severity, SampleRandom& random);
void compressAsJpeg(const ImagePlanes& image, double severity, SampleRandom& random);

void bendElastically(const ImagePlanes& image, double severity, SampleRandom& random);
void rotate(const ImagePlanes& image, double severity, SampleRandom& random);

} // namespace assay::data
