#include "backend/data/video/module/video_module.h"

#include <opencv2/videoio.hpp>

extern "C" int assay_read_video(const char* file, std::int64_t step, assay::data::AssayTakeFrame* take,
                                void* context)
{
    try {
        cv::VideoCapture video(file);
        if (!video.isOpened() || step < 1)
            return 0;
        cv::Mat frame;
        for (std::int64_t number = 0; video.grab(); ++number) {
            if (number % step != 0)
                continue;
            if (!video.retrieve(frame) || frame.type() != CV_8UC3)
                return 0;
            const cv::Mat whole = frame.isContinuous() ? frame : frame.clone();
            if (!take(context, whole.data, whole.rows, whole.cols, number))
                break;
        }
        return 1;
    } catch (const std::exception&) { // whatever a damaged file makes the decoder throw
        return 0;
    }
}
