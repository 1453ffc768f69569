/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.bootmesh.sample.member;

import java.util.concurrent.TimeoutException;

import org.springframework.web.reactive.function.client.WebClientResponseException;

import io.github.bootmesh.MeshException;

/**
 * Puts a failed call into words for the page.
 */
public final class Problem {

	private Problem() {
	}

	/**
	 * Why a call failed. The mesh's own exceptions say it best, wherever they are in the
	 * chain of causes.
	 * @param failure what a call ended with
	 * @return the reason
	 */
	public static String of(Throwable failure) {
		Throwable last = failure;
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof MeshException) {
				return words(cause);
			}
			last = cause;
		}
		// A good status with a broken body is no answer either.
		if (failure instanceof WebClientResponseException answer && answer.getStatusCode().isError()) {
			return "answered with status " + answer.getStatusCode().value();
		}
		return (last instanceof TimeoutException) ? "no answer in time" : words(last);
	}

	private static String words(Throwable failure) {
		String name = failure.getClass().getSimpleName();
		return (failure.getMessage() != null) ? name + ": " + failure.getMessage() : name;
	}

}
