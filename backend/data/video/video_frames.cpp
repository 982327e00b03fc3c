#include "backend/data/video/video_frames.h"

#include "backend/data/video/module/video_module.h"
#include "backend/protocol/error.h"

#include <QLibrary>
#include <dlfcn.h>

#include <exception>

namespace assay::data {

namespace {

namespace fs = std::filesystem;

/// The folder of this library, where the module lies too, built or installed.
fs::path libraryFolder()
{
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&libraryFolder), &info) == 0 || !info.dli_fname)
        return {};
    return fs::path(info.dli_fname).parent_path();
}

AssayReadVideo* videoReader()
{
    static QLibrary library(QString::fromStdString((libraryFolder() / "libassay_video.so").string()));
    const auto reader = reinterpret_cast<AssayReadVideo*>(library.resolve(kReadVideoSymbol));
    if (!reader)
        throw Error("the decoder of videos cannot be loaded: " + library.errorString().toStdString(), {},
                    "Install OpenCV's libopencv-videoio, or build Assay again.");
    return reader;
}

/// What a decoder's callback, which must not throw, works on.
struct Taking
{
    const std::function<void(const torch::Tensor&, std::int64_t)>& take;
    std::int64_t count = 0;
    std::exception_ptr failure;
};

int takeFrame(void* context, const unsigned char* bgr, int rows, int columns, std::int64_t number)
{
    auto& taking = *static_cast<Taking*>(context);
    try {
        const torch::Tensor seen = torch::from_blob(const_cast<unsigned char*>(bgr), {rows, columns, 3},
                                                    torch::TensorOptions(torch::kUInt8));
        taking.take(seen.flip(2).permute({2, 0, 1}).contiguous(), number);
        ++taking.count;
        return 1;
    } catch (...) {
        taking.failure = std::current_exception(); // thrown again once the decoder has been left
        return 0;
    }
}

} // namespace

std::int64_t readFrames(const fs::path& file, std::int64_t step,
                        const std::function<void(const torch::Tensor&, std::int64_t)>& take)
{
    Taking taking{.take = take, .count = 0, .failure = {}};
    const bool opened = videoReader()(file.c_str(), step, takeFrame, &taking) == 1;
    if (taking.failure)
        std::rethrow_exception(taking.failure);
    if (!opened || taking.count == 0)
        throw Error("cannot be read as a video", file.string());
    return taking.count;
}

} // namespace assay::data
